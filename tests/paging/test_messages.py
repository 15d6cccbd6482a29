"""What messages say: enough at every length, and nothing that a stranger wrote is more than text."""

from html.parser import HTMLParser

from hypothesis import given
from hypothesis import strategies as st

from tests.builders import an_incident, at
from tocsin.domain.message import SHORTEST, Tells
from tocsin.domain.page import Page
from tocsin.domain.severity import Severity
from tocsin.services.paging.lines import MOST_LISTED
from tocsin.services.paging.messages import Messages

LINK = "https://tocsin.example.com/ack?token=x"


def said(incidents, *, tells="page", text="", link="", **more):
    """Return the message of one page for each incident."""
    pages = [
        Page.model_validate(
            {
                "id": f"p-{one.id}",
                "tells": tells,
                "incident_id": one.id,
                "cycle": 1,
                "user": "ana",
                "contact": "c",
                "channel": "email",
                "text": text,
                "made_at": at(0),
                "not_before": at(0),
            }
        )
        for one in incidents
    ]
    return Messages(link=lambda _page: link).of(pages, {one.id: one for one in incidents}, bundle="b", at=at(1))


def some(number):
    """Return so many incidents, the worst not first."""
    severities = list(Severity)[::-1]
    return [
        an_incident(id=f"INC-{index}", title=f"host {index}", severity=severities[index % 4]) for index in range(number)
    ]


class Words(HTMLParser):
    """Keeps the tags and the text of a document."""

    def __init__(self):
        super().__init__()
        self.tags, self.text, self.links = [], "", []

    def handle_starttag(self, tag, attrs):
        self.tags.append(tag)
        self.links += [value for name, value in attrs if name == "href"]

    def handle_data(self, data):
        self.text += data


def read(html):
    words = Words()
    words.feed(html)
    return words


def test_one_incident_says_all_that_helps():
    """What it is, how bad, since when, and where to acknowledge."""
    message = said([an_incident(title="Checkout is down", service="checkout")], link=LINK, text="Wake up")
    assert message.subject.startswith("HIGH: INC-1001 Checkout is down (checkout)")
    assert "Wake up" in message.text
    assert f"Acknowledge: {LINK}" in message.text
    assert message.short.endswith(LINK)
    assert LINK in read(message.html).links
    assert message.id == "b"


def test_whoever_is_paged_can_look_at_the_alert():
    """Where it came from: at its own group, or at the monitor."""
    links = {"monitor": "https://alerts.example.com/monitors/1"}
    message = said([an_incident(links=links)])
    assert f"Alert: {links['monitor']}" in message.text
    assert links["monitor"] in read(message.html).links
    group = {**links, "group": "https://alerts.example.com/monitors/1?group=host:a"}
    assert said([an_incident(links=group)]).subjects[0].url == group["group"]


def test_many_are_listed_the_worst_first_and_the_rest_counted():
    """One message, whatever comes together."""
    message = said(some(50))
    assert message.subject.startswith("CRITICAL: 50 incidents need you")
    assert message.text.count("INC-") == MOST_LISTED + 1
    assert f"… and {50 - MOST_LISTED} more" in message.text
    assert [one.severity.rank for one in message.subjects] == sorted(
        (one.severity.rank for one in message.subjects), reverse=True
    )


def test_what_is_over_says_so():
    """For one, and for many; nothing of it asks to be acknowledged."""
    assert said(some(1), tells="all_clear", link=LINK).subject.startswith("All clear: INC-0")
    assert said(some(3), tells="all_clear").subject == "All clear: 3 incidents are over"
    assert said(some(1), tells="acknowledged").subject.startswith("Acknowledged: INC-0")
    assert said(some(2), tells="acknowledged").subject == "Acknowledged: 2 incidents"
    assert LINK not in said(some(1), tells="all_clear", link=LINK).text


def test_what_was_merged_is_not_called_over():
    """Its number is, and what it was about may still burn: whoever sleeps on an all clear must be able to."""
    one, two = some(2)
    gone = one.model_copy(update={"merged_into": "INC-9"})
    message = said([gone], tells="all_clear")
    assert message.subject == "Merged into INC-9: INC-0 host 0"
    assert "clear" not in message.text.lower() + message.short.lower()
    assert said([gone, two.model_copy(update={"merged_into": "INC-9"})], tells="all_clear").subject == (
        "Merged into others: 2 incidents"
    )
    many = said([gone, two], tells="all_clear")
    assert many.subject == "All clear: 1 over, 1 merged into others"
    assert "INC-0 host 0 merged into INC-9" in many.text


def test_without_an_incident_it_is_a_test_or_what_its_text_says():
    """The first line of a notice is its subject."""
    page = Page.model_validate(
        {"id": "t", "tells": "test", "contact": "c", "channel": "email", "made_at": at(0), "not_before": at(0)}
    )
    assert "Nothing has happened" in Messages().of([page], {}, bundle="t", at=at(0)).subject
    notice = page.model_copy(update={"tells": Tells.NOTICE, "text": "Your shifts moved.\nFrom now on."})
    message = Messages().of([notice], {}, bundle="n", at=at(0))
    assert (message.subject, "From now on." in message.text) == ("Tocsin: Your shifts moved.", True)
    assert message.short == "Tocsin: Your shifts moved. From now on."
    assert (
        "a message for you" in Messages().of([notice.model_copy(update={"text": ""})], {}, bundle="n", at=at(0)).subject
    )


def test_no_link_but_to_the_web():
    """What an alert calls a runbook may be anything."""
    incident = an_incident(links={"runbook": "javascript:alert(1)", "monitor": "javascript:alert(2)"})
    assert said([incident]).subjects[0].url == ""
    assert not any(link.startswith("javascript") for link in read(said([incident]).html).links)


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(list(Tells)))
def test_nothing_that_strangers_wrote_is_more_than_text(title, service, tells):
    """No tag of theirs, no line of theirs, and an SMS stays one."""
    incident = an_incident(title=title or "x", service=service)
    message = said([incident], tells=tells.value, link=LINK)
    assert len(message.short.removesuffix(f" {LINK}")) <= SHORTEST
    assert message.subject.isprintable()
    plain = said(
        [an_incident(title="x", service="x" if message.subjects[0].service else "")], tells=tells.value, link=LINK
    )
    assert read(message.html).tags == read(plain.html).tags
    assert message.text.count("\n") == plain.text.count("\n")


def test_an_acknowledgement_is_told_of_the_cycles_that_it_covers():
    """Not of one that began before it was told: there, nobody is on it yet."""
    incident = an_incident(cycles=3, acknowledged_cycles=2)

    def cycle(tells, cycle=0):
        page = Page.model_validate(
            {
                "id": "p",
                "tells": tells,
                "incident_id": incident.id,
                "cycle": cycle,
                "contact": "room:ops",
                "channel": "pagerduty",
                "made_at": at(0),
                "not_before": at(0),
            }
        )
        (found,) = Messages().of([page], {incident.id: incident}, bundle="b", at=at(1)).subjects
        return found.cycle

    assert (cycle("acknowledged"), cycle("all_clear"), cycle("page", 1)) == (2, 3, 1)


def test_each_line_of_what_is_told_is_a_line_of_its_html():
    """A list of shifts is no running text."""
    page = Page.model_validate(
        {
            "id": "p",
            "tells": "notice",
            "user": "ana",
            "contact": "c",
            "channel": "email",
            "text": "Moved.\nFrom <a>.\nTo b.",
            "made_at": at(0),
            "not_before": at(0),
        }
    )
    message = Messages(link=lambda _page: "").of([page], {}, bundle="b", at=at(1))
    assert "<p>Moved.<br>From &lt;a&gt;.<br>To b.</p>" in message.html
