"""What somebody who mistyped a word most likely meant."""

from collections.abc import Iterable


def nearest(word: str, words: Iterable[str]) -> str:
    """Return the one of ``words`` that is most like ``word``, or the empty text if none is."""
    from difflib import get_close_matches

    known = {one.lower(): one for one in words}
    typed = word.strip().lower()
    begun = sorted(one for one in known if typed and (one.startswith(typed) or typed.startswith(one)))
    found = begun or get_close_matches(typed, known, n=1)
    return known[found[0]] if found else ""


def did_you_mean(word: str, words: Iterable[str]) -> str:
    """Return a question to end a message with, or the empty text."""
    meant = nearest(word, words)
    return f"; did you mean '{meant}'?" if meant else ""
