import pytest

from tocsin.storage.json_store import JsonStore


@pytest.fixture
def three(tocsin):
    """Return the command line with three incidents: two active, of different services, and a resolved one."""
    tocsin.opened("Search is slow", "--severity", "low", "--service", "search", "--environment", "staging")
    tocsin.minutes(90)
    tocsin.opened("Checkout is down", "--severity", "critical", "--service", "checkout", "--team", "shop")
    tocsin.minutes(3 * 24 * 60)
    tocsin.opened("Cart is empty", "--severity", "high", "--service", "cart")
    tocsin("resolve", "1003", "--by", "jonas")
    tocsin("ack", "1002")
    return tocsin


def listed(said):
    return [one["id"] for one in said.json]


def test_a_list_without_a_store_is_empty_and_makes_no_file(tocsin):
    """Looking changes nothing; a newcomer is told where incidents come from."""
    said = tocsin("list")
    assert (said.status, said.out) == (0, "")
    assert "tocsin sync" in said.err
    assert "tocsin demo" in said.err
    assert not list(tocsin.folder.iterdir())
    assert tocsin("list", "--json").json == []
    assert tocsin("list", "--status", "closed").err == "No incidents match.\n"


def test_a_list_is_newest_first_and_aligned(three):
    """Exactly this in a pipe: nothing is cut there, and nothing coloured."""
    assert three("list").lines == [
        "ID        SEVERITY  STATUS        AGE  ALERTS  WHO    SERVICE   TITLE",
        "INC-1003  high      resolved      0 s  -       -      cart      Cart is empty",
        "INC-1002  critical  acknowledged  3 d  -       amira  checkout  Checkout is down",
        "INC-1001  low       detected      3 d  -       -      search    Search is slow",
    ]


def test_exact_times_are_at_hand(three):
    """`--utc` in place of ages, `--wide` for every time and every column."""
    assert three("list", "--utc").lines[3].startswith("INC-1001  low       detected      2026-03-02 12:00:00  ")
    wide = three("list", "--wide").lines
    assert wide[0].split() == [
        "ID",
        "SEVERITY",
        "STATUS",
        "AGE",
        "OPENED",
        "(UTC)",
        "ALERTS",
        "WHO",
        "SERVICE",
        "ENVIRONMENT",
        "TEAM",
        "SOURCE",
        "ACKNOWLEDGED",
        "(UTC)",
        "RESOLVED",
        "(UTC)",
        "TITLE",
    ]
    assert "staging" in wide[3]


@pytest.mark.parametrize(
    "options, found",
    [
        (["--status", "active"], [1002, 1001]),
        (["--status", "open"], [1001]),
        (["--status", "Resolved", "--status", "in-progress"], [1003]),
        (["--severity", "CRITICAL", "--severity", "low"], [1002, 1001]),
        (["--service", "Checkout"], [1002]),
        (["--environment", "staging"], [1001]),
        (["--team", "shop"], [1002]),
        (["--source", "datadog"], []),
        (["--source", "manual", "--assignee", "AMIRA"], [1002]),
        (["--text", "slow"], [1001]),
        (["--text", "CHECK"], [1002]),
        (["--since", "2d"], [1003]),
        (["--until", "2d"], [1002, 1001]),
        (["--since", "2026-03-02T13:00", "--until", "2026-03-03"], [1002]),
        (["--limit", "2"], [1003, 1002]),
        (["--limit", "2", "--page", "2"], [1001]),
        (["--limit", "2", "--page", "3"], []),
    ],
)
def test_filters_choose(three, options, found):
    """Each of them, several together, and in any letter case."""
    assert listed(three("list", "--json", *options)) == [f"INC-{number}" for number in found]


def test_text_is_looked_for_in_the_last_30_days_unless_told_otherwise(three):
    """As documented: an old match needs `--since`."""
    three.minutes(40 * 24 * 60)
    assert listed(three("list", "--json", "--text", "slow")) == []
    assert listed(three("list", "--json", "--text", "slow", "--since", "90d")) == ["INC-1001"]


def test_json_is_the_models_themselves(three):
    """What the store holds, field by field, with nothing made up for the screen."""
    printed = three("list", "--json").json
    store = JsonStore(three.environ["INCIDENTS_FILE"])
    assert printed == [store.incident(one["id"]).model_dump(mode="json") for one in printed]
    first = printed[1]
    assert {"id", "status", "severity", "title", "service", "source", "correlation_key", "opened_at"} <= set(first)
    assert (first["status"], first["severity"], first["opened_at"]) == (
        "acknowledged",
        "critical",
        "2026-03-02T13:30:00Z",
    )


def test_a_list_that_is_cut_says_how_to_go_on(three):
    """By page or by cursor; the two together contradict each other."""
    said = three("list", "--limit", "2")
    cursor = said.err.split()[-1]
    assert "--page 2" in said.err
    assert [line.split()[0] for line in three("list", "--cursor", cursor).lines[1:]] == ["INC-1001"]
    assert three("list", "--limit", "3").err == ""
    assert three("list", "--limit", "1", "--cursor", "made-up").status == 2
    assert three("list", "--page", "2", "--cursor", cursor).status == 2


def test_a_screen_shows_50_and_json_everything(tocsin):
    """A person pages; a program that got the first 50 only would not notice."""
    for number in range(51):
        tocsin.opened(f"Number {number}")
    assert len(tocsin("list").lines) == 1 + 50
    assert len(tocsin("list", "--json").json) == 51
    assert len(tocsin("list", "--json", "--page", "2").json) == 1


def test_on_a_terminal_titles_are_fitted_and_the_end_says_what_to_do_next(tocsin):
    """One incident a line; `show` has the whole title."""
    tocsin.opened("A title that goes on for longer than any terminal is wide, which happens all the time")
    said = tocsin("list", columns=80)
    assert said.lines[1].endswith("…")
    assert "1 shown, 1 active. `tocsin show INC-1001`" in said.out


def test_a_page_far_beyond_the_end_is_empty_at_once(three):
    """A mistyped number of pages is not counted through."""
    said = three("list", "--page", "99999999999")
    assert (said.status, said.out, said.err) == (0, "", "No incidents match.\n")
    assert three("list", "--json", "--page", "99999999999").json == []


def test_an_empty_list_names_the_file_that_it_looked_in(tocsin):
    """Who stands in the wrong folder must not take that for a quiet night."""
    assert tocsin("list", INCIDENTS_FILE="typo.json").err.startswith("No incidents in typo.json. ")
