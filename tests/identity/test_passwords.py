"""Passwords: what their hashes cost, and which are too easily guessed. The libraries are the real ones."""

import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack

import pytest

from tocsin.errors import TooManyAttempts
from tocsin.identity.passwords import AT_ONCE, JUDGED, MEMORY_KIB, NOBODY, Argon2, _judging, weakness

ABOUT = ["ana.pereira@example.com", "Ana Pereira", "AnaPereira", "ana", "pereira", "example", "com", "tocsin"]


def test_a_hash_is_that_of_its_password_and_of_no_other():
    """Argon2id, with OWASP's cost, and a salt of its own each time."""
    argon2 = Argon2()
    hashed = argon2.hash("violet tractor umbrella")
    assert hashed.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
    assert argon2.matches(hashed, "violet tractor umbrella")
    assert not argon2.matches(hashed, "violet tractor umbrellas")
    assert argon2.hash("violet tractor umbrella") != hashed
    assert not argon2.outdated(hashed)


@pytest.mark.parametrize("hashed", ["", "no hash", "$argon2id$v=19$m=19456,t=2,p=1$x", "$2b$12$abc"])
def test_what_is_no_hash_is_that_of_no_password(hashed):
    """And no fault of ours."""
    assert not Argon2().matches(hashed, "")


def test_a_hash_of_another_cost_is_known_and_outdated():
    """It was made before the cost was raised."""
    import argon2

    old = argon2.PasswordHasher(time_cost=1, memory_cost=8192, parallelism=1).hash("violet tractor umbrella")
    assert Argon2().matches(old, "violet tractor umbrella")
    assert Argon2().outdated(old)


def test_the_hash_for_nobody_costs_what_every_other_costs():
    """Or the time would tell."""
    argon2 = Argon2()
    assert argon2.nobody == NOBODY
    assert not argon2.outdated(NOBODY)
    assert len(NOBODY) == len(argon2.hash("x"))


def test_passwords_take_no_more_memory_than_there_is_and_wait_for_no_longer_than_a_moment():
    """However many come at once: those beyond a few are to come again, and those who push alerts find a thread."""
    assert AT_ONCE * MEMORY_KIB <= 80 * 1024
    argon2 = Argon2(wait=0.01)
    with ExitStack() as busy:
        for _ in range(AT_ONCE):
            busy.enter_context(argon2._working())
        with pytest.raises(TooManyAttempts):
            argon2.hash("violet tractor umbrella")
        with pytest.raises(TooManyAttempts):
            argon2.matches(NOBODY, "violet tractor umbrella")
    assert not argon2.matches(NOBODY, "violet tractor umbrella")
    assert argon2.hash("violet tractor umbrella")


@pytest.mark.parametrize(
    "password, why",
    [
        ("password1234", "common password"),
        ("qwertyuiop12", "keyboard|keys|common|guess"),
        ("aaaaaaaaaaaaaaaa", "[Rr]epeats"),
        ("abcdefghijklmnop", "[Ss]equences|guess"),
        ("Ana.Pereira@example.com", "."),
        ("anapereira2026", "."),
        ("tocsintocsin", "."),
        ("P@ssw0rdP@ssw0rd", "."),
    ],
)
def test_what_is_easily_guessed_is_told_why(password, why):
    """Common ones, patterns, and what whoever knows the person tries first."""
    import re

    said = weakness(password, ABOUT)
    assert re.search(why, said), said
    assert password.lower() not in said.lower()


@pytest.mark.parametrize(
    "password", ["violet tractor umbrella", "xK9#mQ2$vL5n", "пурпурный трактор зонт", "x" * 3 + "тигр лампа стол окно"]
)
def test_what_is_not_is_taken(password):
    """Of whatever letters."""
    assert weakness(password, ABOUT) == ""


def test_words_about_one_person_are_no_others():
    """The library keeps them where every thread sees them: many at once get what each alone would."""
    mine, other = ["quixotic", "zephyrine"], ["something", "else"]
    password = "quixoticzephyrine"
    alone = bool(weakness(password, mine)), bool(weakness(password, other))
    assert alone == (True, False)
    barrier = threading.Barrier(8)

    def judge(number):
        barrier.wait(20)
        return [bool(weakness(password, mine if number % 2 == 0 else other)) for _ in range(5)]

    with ThreadPoolExecutor(8) as pool:
        found = list(pool.map(judge, range(8)))
    assert found == [[number % 2 == 0] * 5 for number in range(8)]


def test_no_password_takes_the_judge_long():
    """It sees the first characters alone: 72 of 4, @, $ and their like would keep it busy for seconds."""
    assert JUDGED <= 24
    assert weakness("a" * JUDGED + "violet tractor umbrella", ABOUT)
    assert not weakness("4@8({[<36911!|0$5+7%2" * 6, ABOUT)


def test_who_sends_passwords_that_are_hard_to_judge_keeps_nobody_waiting_for_ever():
    """Those that wait are to come again."""
    with _judging, pytest.raises(TooManyAttempts):
        weakness("violet tractor umbrella", ABOUT)
    assert not weakness("violet tractor umbrella", ABOUT)


def test_nothing_of_it_is_imported_before_it_is_used():
    """A cold start pays for neither."""
    import subprocess
    import sys

    program = "import sys, tocsin.entrypoints.accounts; print([n for n in ('argon2', 'zxcvbn', 'smtplib') if n in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True, env={"PYTHONPATH": "src"}
    )
    assert done.stdout.strip() == "[]"
