"""The tests say what they promise."""

import ast
from pathlib import Path

import pytest

TESTS = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("file", sorted(TESTS.rglob("test_*.py")), ids=lambda file: str(file.relative_to(TESTS)))
def test_every_test_says_in_a_sentence_what_it_promises(file):
    """What its name has no room for, or why it matters; whoever breaks it reads that first."""
    functions = [one for one in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(one, ast.FunctionDef)]
    tests = {one.name: ast.get_docstring(one) or "" for one in functions if one.name.startswith("test_")}
    silent = [name for name, said in tests.items() if not said.partition("\n")[0].endswith((".", "?"))]
    assert not silent
