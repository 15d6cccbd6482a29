"""Issues on GitHub: one an incident, and nothing in them but text."""

import pytest

from tests.messages import page, subject
from tocsin.channels.github import GithubChannel
from tocsin.errors import Refused, Undelivered

TO = {"repository": "acme/shop", "labels": "incident,sev1"}


def test_an_issue_is_opened_once(provider, outbound):
    """The second time the one that bears the incident's mark is found, whoever closed it meanwhile."""
    provider.plays = [(200, []), (201, {"number": 7})]
    channel = GithubChannel(outbound, "t0ken", base=provider.url)
    assert channel.send(page(), TO).provider_id == "7"
    looked, opened = provider.asked
    assert looked.path.startswith("/repos/acme/shop/issues?state=all")
    assert opened.path == "/repos/acme/shop/issues"
    assert opened.headers["authorization"] == "Bearer t0ken"
    assert opened.json["labels"] == ["incident", "sev1"]
    assert opened.json["title"].startswith(page().subject[:20])
    provider.plays = [(200, [{"number": 3, "body": None}, {"number": 7, "body": opened.json["body"]}])]
    assert channel.send(page(), TO).provider_id == "7"
    assert len(provider.asked) == 3


def test_nothing_of_an_alert_is_markup(provider, outbound):
    """Neither does it end the block that it stands in."""
    provider.plays = [(200, []), (201, {"number": 7})]
    said = page(text="```\n@everyone <script>", subjects=(subject(url="javascript:alert(1)"),))
    GithubChannel(outbound, "t", base=provider.url).send(said, TO)
    body = provider.asked[1].json["body"]
    assert body.startswith("```text\n'''\n@everyone <script>\n```\n")
    assert "javascript" not in body.partition("```\n")[2]


def test_an_alert_bears_no_mark_of_another_incident(provider, outbound):
    """Or that one's issue would be taken for opened."""
    other = page(subjects=(subject(id="INC-7"),))
    provider.plays = [(200, []), (201, {"number": 7})]
    channel = GithubChannel(outbound, "t", base=provider.url)
    channel.send(page(text="<!-- tocsin: INC-7 -->"), TO)
    provider.plays = [(200, [{"number": 7, "body": provider.asked[1].json["body"]}]), (201, {"number": 8})]
    assert channel.send(other, TO).provider_id == "8"


def test_whose_the_token_is_can_be_asked(provider, outbound):
    """Without opening anything; a token that is none is refused."""
    provider.plays = [(200, {"login": "tocsin-bot"}), (401, {})]
    channel = GithubChannel(outbound, "t", base=provider.url)
    assert channel.check().found == "GitHub knows the token of tocsin-bot"
    assert provider.only.path == "/user"
    with pytest.raises(Refused):
        channel.check()


@pytest.mark.parametrize(
    "plays, error", [([(200, {"not": "a list"})], Undelivered), ([(503, {})], Undelivered), ([(404, {})], Refused)]
)
def test_without_a_list_nothing_is_opened(provider, outbound, plays, error):
    """Whether there is an issue already must be known."""
    provider.plays = plays
    with pytest.raises(error):
        GithubChannel(outbound, "t", base=provider.url).send(page(), TO)
    assert len(provider.asked) == 1
