"""Messages in the words of templates: what they say, that no stranger says more, and that none is ever lost."""

import logging
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.builders import an_incident, at
from tests.paging.score import Score
from tests.paging.test_messages import LINK, read, some
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.message import SHORTEST
from tocsin.domain.page import Page
from tocsin.domain.template import Template, TemplateId
from tocsin.errors import StoreUnreachable
from tocsin.services.paging.lines import MOST_LISTED
from tocsin.services.paging.messages import Messages
from tocsin.services.paging.wording import LONGEST_FILLED
from tocsin.services.templates import TEMPLATE, kept_template

RUNBOOK = "https://wiki.example.com/checkout"


def pages(incidents, *, tells="page", text=""):
    more = {"contact": "c", "channel": "email", "text": text, "made_at": at(0), "not_before": at(0), "tells": tells}
    return [Page(id=f"p-{one.id}", incident_id=one.id, cycle=1, **more) for one in incidents]


def said(incidents, *, tells="page", policy="", link=LINK, templates=None, **parts):
    """Return the message of one page for each incident, in the words of a template."""
    made = lambda template_id: Template(id=template_id, **parts)
    messages = Messages(link=lambda _page: link, templates=templates or made)
    return messages.of(
        pages(incidents, tells=tells, text=policy), {one.id: one for one in incidents}, bundle="b", at=at(1)
    )


def built_in(incidents, **more):
    return said(incidents, templates=lambda _template_id: None, **more)


def checkout(**more):
    return an_incident(title="Checkout is down", service="checkout", links={"runbook": RUNBOOK}, **more)


def test_every_part_has_its_words():
    """With the fields of the incident, and what the policy says."""
    message = said(
        [checkout(environment="production")],
        policy="Wake up",
        subject="[$severity] $title",
        short="$id $service, $acknowledge: $title",
        text="$id $status since $since in $environment\nRunbook: $runbook\nShow: $url\n$message\n<b>$acknowledge</b>",
    )
    assert message.subject == "[high] Checkout is down"
    assert message.short == f"INC-1001 checkout, : Checkout is down {LINK}"
    assert message.text.splitlines() == [
        "INC-1001 detected since 2026-03-02 12:00 UTC in production",
        f"Runbook: {RUNBOOK}",
        "Wake up",
        f"<b>{LINK}</b>",
    ]
    words = read(message.html)
    assert words.tags == ["html", "head", "meta", "body", "h1", "p", "p", "a", "p", "p", "a"]
    assert words.links == [RUNBOOK, LINK]
    assert f"<b>{LINK}</b>" in words.text


@pytest.mark.parametrize("part", ["subject", "short", "text"])
@pytest.mark.parametrize("tells", ["page", "all_clear", "acknowledged"])
@pytest.mark.parametrize("number", [1, 3])
def test_a_part_that_has_none_is_as_it_is_built_in(part, tells, number):
    """For whatever there are templates for; what the words are of is asked for by its own name."""
    incidents = some(number)
    plain, message = built_in(incidents, tells=tells), said(incidents, tells=tells, **{part: "$title, they say"})
    for other in {"subject", "short", "text"} - {part}:
        assert getattr(message, other) == getattr(plain, other)
    assert getattr(message, part).strip() == f"{message.subjects[0].title}, they say"
    assert (message.html == plain.html) is (part == "short")
    asked = []
    said(incidents, tells=tells, templates=lambda template_id: asked.append(template_id.value))
    assert asked == [tells if number == 1 else f"{tells}_many"]


def test_several_are_listed_and_counted():
    """Each with its link; of those beyond what a message names there is a number."""
    message = said(some(50), subject="$count, the worst: $id", text="Look:\n$list\nBye")
    assert message.subject.startswith("50, the worst: INC-")
    assert message.text.count("acknowledge: ") == MOST_LISTED
    assert message.text.endswith(f"… and {50 - MOST_LISTED} more\nBye\n")
    assert read(message.html).links == [LINK] * MOST_LISTED


def test_what_tells_of_no_incident_has_no_template():
    """A test page, a notice and a code say what they say."""
    for tells in ("test", "notice", "code"):
        page = Page.model_validate(
            {"id": "t", "tells": tells, "contact": "c", "channel": "email", "made_at": at(0), "not_before": at(0)}
        )
        plain, mine = (Messages(templates=one).of([page], {}, bundle="t", at=at(0)) for one in (lambda _: None, broken))
        assert mine == plain


def broken(template_id):
    """Return what only an older or newer program could have kept."""
    return Template(id=template_id, subject="$gone", short="a $ alone", text="${title")


def test_what_a_person_says_is_never_left_out_of_a_text():
    """Whoever pages by hand did not see the template."""
    assert said([checkout()], policy="Come to room 5", text="$title").text == "Checkout is down\n\nCome to room 5\n"
    assert said([checkout()], policy="Come", text="$message: $title").text == "Come: Checkout is down\n"


def test_a_link_is_whole_or_not_there():
    """At the end of an SMS, whose words are as long as without it; and a text ends with a whole line."""
    long = an_incident(title="x" * 500)
    short = said([long], short="$acknowledge $title").short
    assert short == "x" * (SHORTEST - 1) + f"… {LINK}"
    assert LINK not in said([long], short="$title").short
    text = said([checkout()], text="\n".join(["$acknowledge"] * 1_000)).text
    assert len(text) <= LONGEST_FILLED + 3
    assert set(text.splitlines()) == {LINK, "…"}


def test_nothing_is_a_link_but_what_leads_to_the_web():
    """What an alert calls a runbook may be anything; and one link may begin as another does."""
    bad = an_incident(links={"runbook": "javascript:alert(1)"})
    assert read(said([bad], text="$runbook $acknowledge", link="ftp://x").html).links == []
    near = an_incident(links={"runbook": LINK[:-2]})
    assert read(said([near], text="$acknowledge $runbook").html).links == [LINK, LINK[:-2]]


@given(st.text(max_size=300), st.text(max_size=300), st.sampled_from(["page", "all_clear", "acknowledged"]))
def test_nothing_that_strangers_wrote_is_more_than_text(title, service, tells):
    """No tag of theirs, no line of theirs, no field of theirs, and an SMS stays one."""
    parts = {"subject": "$title", "short": "$title $service $acknowledge", "text": "$id: $title|$service\n$id"}
    message = said([an_incident(title=title or "x", service=service)], tells=tells, **parts)
    assert len(message.short.removesuffix(f" {LINK}")) <= SHORTEST
    assert message.subject.isprintable()
    assert read(message.html).tags == ["html", "head", "meta", "body", "h1", "p", "p"]
    assert message.text.count("\n") == 2


def test_a_template_that_cannot_be_filled_in_leaves_what_is_built_in(caplog):
    """Each part for itself, and the log says which."""
    assert said([checkout()], templates=broken) == built_in([checkout()])
    assert [one.getMessage() for one in caplog.records] == [
        "template page, subject cannot be filled in (KeyError)",
        "template page, short cannot be filled in (ValueError)",
        "template page, text cannot be filled in (ValueError)",
    ]
    half = said([checkout()], templates=lambda one: Template(id=one, subject="$gone", text="$title"))
    assert (half.subject, half.text) == (built_in([checkout()]).subject, "Checkout is down\n")


@pytest.mark.parametrize("tells", ["page", "all_clear", "acknowledged"])
def test_a_template_that_cannot_be_read_leaves_what_is_built_in(tells, caplog):
    """Whatever it fails by."""
    for error in (StoreUnreachable("away"), ValueError("x"), RecursionError(), AttributeError()):

        def fails(_template_id, error=error):
            raise error

        assert said(some(2), tells=tells, templates=fails) == built_in(some(2), tells=tells)
    assert caplog.messages[0] == f"template {tells}_many cannot be read (StoreUnreachable): built-in words"
    assert {one.levelno for one in caplog.records} == {logging.WARNING}


def test_words_that_come_to_nothing_are_built_in():
    """A field that is empty makes no empty subject, and no empty message."""
    incident = an_incident(service="")
    assert said([incident], subject="$service", short="$service", text="$service") == built_in([incident])


def test_a_broken_template_never_loses_a_page(any_store):
    """Whatever is in the store, whoever is on call is paged; and in words of their own once it is mended."""
    score = Score(any_store)
    score.person("ana", "email").policy(steps=[("ana", 0), ("ana", 10)])
    score.pager = score.another_pager(messages=Messages(templates=partial(kept_template, any_store)))
    keep(any_store, {"subject": {"no": "text"}}, version=1)
    score.at("02:00").alert()
    score.at("02:00").expect_page("ana", via="email")
    assert score.phones.sent[-1][2].subject.startswith("CRITICAL: INC-1001")
    keep(any_store, {"subject": "$id!"}, version=2)
    score.at("02:10").expect_page("ana", via="email", step=2)
    assert score.phones.sent[-1][2].subject == "INC-1001!"
    score.until("02:20")


def keep(store, body, *, version):
    record = Record(kind=TEMPLATE, id=TemplateId.PAGE.value, body=body, version=version)
    write = RecordWrite(kind=TEMPLATE, id=record.id, record=record, expected=version - 1)
    store.commit(Change(id=f"template-{version}", at=at(0), records=(write,)))
