"""The file of severity rules: TOML, one ``[[rule]]`` a rule, tried in order before the built-in ones."""

import tomllib
from difflib import get_close_matches
from pathlib import Path

from pydantic import ValidationError

from tocsin.domain.judging import SeverityRule
from tocsin.domain.severity import Severity
from tocsin.errors import ConfigurationError

KEYS = tuple(SeverityRule.model_fields)

PRIORITIES = range(1, 6)

_TAKES = {
    "name": "a text",
    "source": "a text or a list of texts",
    "state": "a text or a list of texts, such as Alert, Warn or No Data",
    "priority": "a number from 1 to 5, or a list of such",
    "tags": "a text or a list of texts",
    "service": "a text or a list of texts",
    "environment": "a text or a list of texts",
    "severity": ", ".join(Severity),
    "opens": "true or false",
}


def read_rules(path: Path | None) -> tuple[SeverityRule, ...]:
    """Return the rules of a file, in order; none without a file.

    Raises :class:`~tocsin.errors.ConfigurationError`, which names the file, the rule's number and its key.
    """
    if path is None:
        return ()
    found = _parsed(path)
    stray = next((key for key in found if key != "rule"), None)
    if stray is not None:
        raise _wrong(path, f"'{stray}' means nothing here; rules stand in [[rule]] tables")
    tables = found.get("rule", [])
    if not isinstance(tables, list) or not all(isinstance(table, dict) for table in tables):
        raise _wrong(path, "rules stand in [[rule]] tables, with two brackets on each side")
    return tuple(_rule(path, number, table) for number, table in enumerate(tables, start=1))


def _parsed(path: Path) -> dict[str, object]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        message = f"SEVERITY_RULES names {path}, which cannot be read: {error.strerror}"
        raise ConfigurationError(message) from None
    except UnicodeDecodeError:
        raise _wrong(path, "it is not UTF-8 text") from None
    except tomllib.TOMLDecodeError as error:
        raise _wrong(path, f"it is not TOML: {error}") from None


def _rule(path: Path, number: int, table: dict[str, object]) -> SeverityRule:
    for key in table:
        if key not in KEYS:
            raise _wrong(path, f"rule {number}: '{key}' is no key of a rule{_meant(key, KEYS) or _allowed(KEYS)}")
    try:
        rule = SeverityRule.model_validate(table)
    except ValidationError as error:
        problem = error.errors(include_url=False)[0]
        if not problem["loc"]:
            raise _wrong(path, f"rule {number}: {str(problem['msg']).removeprefix('Value error, ')}") from None
        key = str(problem["loc"][0])
        meant = _meant(str(table[key]), tuple(Severity)) if key == "severity" else ""
        raise _wrong(path, f"rule {number}: {key} takes {_TAKES[key]}, not {table[key]!r}{meant}") from None
    # A rule for a priority that there is none of would never match, without a word.
    if not all(priority in PRIORITIES for priority in rule.priority):
        raise _wrong(path, f"rule {number}: priority takes {_TAKES['priority']}, not {table['priority']!r}")
    return rule


def _meant(word: str, words: tuple[str, ...]) -> str:
    nearest = get_close_matches(word.lower(), words, n=1)
    return f"; did you mean '{nearest[0]}'?" if nearest else ""


def _allowed(words: tuple[str, ...]) -> str:
    return f"; there are {', '.join(words)}"


def _wrong(path: Path, why: str) -> ConfigurationError:
    return ConfigurationError(f"{path}: {why}")
