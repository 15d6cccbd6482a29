"""``send``: a test alert, as any program would send it."""

from tests.entrypoints.command_line import CommandLine


def test_a_test_alert_is_sent_and_ended(remote, store):
    """By a key that may; as any program would."""
    said = remote("send", "Checkout is down", "--service", "checkout", "--severity", "high", "--label", "host=web-1")
    assert said.status == 0
    assert "it belongs to INC-1001" in said.out
    incident = store.incident("INC-1001")
    assert (incident.title, incident.service, incident.severity) == ("Checkout is down", "checkout", "high")
    assert "it belongs to INC-1001" in remote("send", "--state", "resolved").out
    assert store.incident("INC-1001").recovered_at is not None


def test_a_request_whose_answer_failed_is_sent_again_under_the_same_key(tocsin, scripted):
    """So that nothing is done twice."""
    url, asked = scripted((503, b"{}"), (502, b"<html>"), (200, b'{"taken": [], "refused": [], "truncated": 0}'))
    tocsin("send", "--json", "--server", url, TOCSIN_API_KEY="tocsin_x")
    assert len(asked) == 3
    assert len(set(asked)) == 1


def test_what_the_server_says_to_a_test_alert_can_be_had_as_json(remote):
    """Whole."""
    assert [one["incident"] for one in remote("send", "--json").json["taken"]] == ["INC-1001"]


def test_a_label_has_a_name_and_a_value(remote):
    """Said before anything is sent."""
    assert "'x' is no label" in remote("send", "--label", "x").err


def test_a_test_alert_goes_to_this_machine_unless_told_otherwise(tmp_path):
    """Where `serve` serves."""
    tocsin = CommandLine(tmp_path)
    said = tocsin("send", TOCSIN_API_KEY="tocsin_x")
    assert "http://127.0.0.1:8080" in said.err or "http://127.0.0.1:8080" in said.out
