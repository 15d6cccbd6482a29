import pytest


@pytest.fixture
def closed(tocsin):
    """Return the command line with two closed incidents, 40 and 10 days old, and an active one."""
    for days in (30, 10):
        one = tocsin.opened()
        tocsin("resolve", one)
        tocsin("close", one)
        tocsin.minutes(days * 24 * 60)
    tocsin.opened()
    return tocsin


def left(tocsin):
    return [one["id"] for one in tocsin("list", "--json").json]


def test_pruning_forgets_what_was_closed_long_ago(closed):
    """By the moment of closing; what is active stays, however old."""
    assert closed("prune", "--closed-before", "20d", "--yes").out == "1 forgotten.\n"
    assert left(closed) == ["INC-1003", "INC-1002"]
    assert closed("prune", "--closed-before", "1d", "--yes", "--json").json == ["INC-1002"]
    assert closed("show", "1002").status == 4


def test_nothing_is_forgotten_without_a_yes(closed):
    """Where nobody can be asked, it says how many and stops."""
    said = closed("prune", "--closed-before", "1d")
    assert said.status == 2
    assert "2 incidents closed before 2026-04-10 12:00:00 UTC would be forgotten for ever: say --yes" in said.err
    assert len(left(closed)) == 3


def test_a_date_is_needed_to_prune(closed):
    """There is no default for forgetting."""
    assert "Missing option '--closed-before'" in closed("prune").err
    said = closed("prune", "--closed-before", "long ago")
    assert said.status == 2
    assert "90d" in closed("prune", "--help").out
    assert "'long ago' is no moment" in said.err


def test_a_damaged_file_is_refused_with_the_command_that_saves_the_rest(tocsin):
    """Typed as it is shown, it saves the others, says what is lost, and overwrites nothing."""
    path = tocsin.folder / "incidents.json"
    for title in ("one", "two", "three"):
        tocsin.opened(title)
    whole = path.read_bytes()
    path.write_bytes(whole.replace(b'"two"', b'"tw\xff"'))
    said = tocsin("list")
    assert said.status == 6
    assert said.err.startswith(f"tocsin: {path} is damaged")
    assert f"recover {path}" in said.err
    saved = tocsin("recover", str(path))
    assert saved.status == 0
    assert saved.lines[0] == f"2 incidents saved, in {int(saved.lines[0].split()[4])} lines: {path}.recovered"
    assert any("is not what was written" in line for line in saved.lines[1:])
    assert len(tocsin("list", INCIDENTS_FILE=f"{path}.recovered").lines) == 3
    again = tocsin("recover", str(path))
    assert (again.status, "is there already" in again.err) == (6, True)


def test_a_file_that_is_not_ours_is_refused(tocsin):
    """Left untouched, by `list` and by `recover`."""
    path = tocsin.folder / "incidents.json"
    path.write_text("{}\n")
    assert tocsin("list").status == 6
    assert tocsin("recover", str(path)).status == 6
    assert tocsin("recover", str(tocsin.folder / "nothing")).status == 4
    assert path.read_text() == "{}\n"


def test_where_there_is_no_input_at_all_nobody_is_asked(closed, monkeypatch):
    """A scheduler may start it with standard input closed."""
    monkeypatch.setattr("sys.stdin", None)
    assert "say --yes" in closed("prune", "--closed-before", "1d").err


def test_what_cannot_be_recovered_is_a_matter_of_the_store(tocsin):
    """The store's status, as for every other command, and not that of a mistyped option."""
    assert tocsin("recover", str(tocsin.folder)).status == 6
