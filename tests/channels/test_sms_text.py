"""What fits into one SMS."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tocsin.channels.sms_text import fitted

LINK = "https://tocsin.example.com/a/abcdef"


def septets(text):
    """Count the places of a text that is of GSM's alphabet."""
    return sum(2 if one in "^{}\\[~]|€" else 1 for one in text)


def is_gsm(text):
    """Say whether a text is of GSM's alphabet, as the telephone's standard library of codes would."""
    basic = (
        "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
        "abcdefghijklmnopqrstuvwxyzäöñüà^{}\\[~]|€"
    )
    return set(text) <= set(basic)


@given(st.text(max_size=400))
def test_whatever_is_said_is_one_sms(text):
    """160 places of GSM's alphabet, or 70 of UCS-2."""
    said = fitted(text)
    places = septets(said) if is_gsm(said) else len(said.encode("utf-16-le", "replace")) // 2
    assert places <= (160 if is_gsm(said) else 70)


@pytest.mark.parametrize(
    "text, said",
    [
        ("a" * 160, "a" * 160),
        ("a" * 161, "a" * 157 + "..."),
        ("€" * 80, "€" * 80),
        ("€" * 81, "€" * 78 + "..."),
        ("ж" * 70, "ж" * 70),
        ("ж" * 71, "ж" * 67 + "..."),
        ("🔥" * 35, "🔥" * 35),
        ("🔥" * 36, "🔥" * 33 + "..."),
        ("é à ü ñ", "é à ü ñ"),
        ("\u201cdown\u201d \u2013 it\u2019s\u2026 ě ł", '"down" - it\'s... e l'),
        ("a\x00\x1b[31mb\u200bc\n", "a[31mbc"),
        ("", ""),
    ],
)
def test_it_is_cut_where_the_alphabet_says(text, said):
    """An accent or typography costs nobody 90 characters, and no character is cut in two."""
    assert fitted(text) == said


def test_a_link_stays_whole():
    """What is cut is what stands before it."""
    said = fitted("x" * 200 + " " + LINK)
    assert said == "x" * (160 - len(LINK) - 4) + "... " + LINK
    assert len(said) == 160


def test_a_sign_goes_before_a_link_does():
    """An emoji in a title would leave 70 places; where letters do so, they stay, and the link goes."""
    said = fitted("\U0001f525 CRITICAL: INC-1042 Łódź \u2192 down \U0001f525\ufe0f" + " x" * 80 + f" {LINK}")
    assert said.startswith("CRITICAL: INC-1042 Lodz -> down x x")
    assert (said.endswith(f"... {LINK}"), len(said)) == (True, 160)
    cyrillic = "CRITICAL: INC-1042 Жжж жж жжжжжжжж"
    assert fitted(f"{cyrillic} {LINK}{'x' * 60}") == cyrillic


def test_a_link_leaves_room_for_words():
    """Thirty characters: how bad it is, and which incident."""
    words = "CRITICAL: INC-1042 " + "x" * 200
    for length, stays in ((129, True), (130, False)):
        link = "https://a.example/".ljust(length, "y")
        assert (fitted(f"{words} {link}").endswith(f"... {link}"), len(fitted(f"{words} {link}"))) == (stays, 160)


def test_a_link_for_which_there_is_no_room_goes_whole():
    """Half of one leads nowhere."""
    assert fitted("ж" * 60 + " " + LINK + "/" + "x" * 40) == "ж" * 60
    assert fitted("a" * 100 + " https://a.example/" + "b" * 120) == "a" * 100
