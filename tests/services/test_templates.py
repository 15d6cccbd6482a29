"""The words of messages, on every backend: changed, seen by the next message, and on record."""

import pytest

from tests.builders import an_incident, at
from tests.fakes import MemoryStore
from tests.reach import Reached
from tests.services.test_losing_races import Between
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.template import Part, Template, TemplateId
from tocsin.errors import InvalidInput, NotFound, PreconditionFailed
from tocsin.services.auditing import AuditLog
from tocsin.services.moving import move
from tocsin.services.paging.previewing import LINK, previewed
from tocsin.services.templates import TEMPLATE, Templates, kept_template, template_id_of

BOSS = Actor("boss@example.com")


class Desk(Reached):
    """Templates of a store."""

    def __init__(self, store, **more):
        super().__init__(store, **more)
        self.templates = self.over(store)

    def over(self, store):
        """Return the templates of this store, by way of another."""
        audit = AuditLog(store, clock=self.clock, new_id=self.new_id, pause=lambda _attempt: None)
        return Templates(store, audit, clock=self.clock, new_id=self.new_id)

    def put(self, name="page", expected=None, **parts):
        return self.templates.put(name, parts or {"subject": "$title"}, actor=BOSS, expected=expected)


@pytest.fixture
def desk(any_store):
    made = Desk(any_store)
    made.before = len(made.log())
    return made


def test_each_is_there_and_says_nothing_at_first(desk):
    """Version 0: it was never changed."""
    assert desk.templates.every() == [Template(id=one) for one in TemplateId]
    assert desk.templates.named("page").version == 0
    assert kept_template(desk.store, TemplateId.PAGE) is None


def test_words_are_changed_and_on_record(desk):
    """In one commit; the same again is no change."""
    made = desk.put(subject=" $title ", short="$id")
    assert (made.parts, made.version) == ({Part.SUBJECT: "$title", Part.SHORT: "$id"}, 1)
    assert desk.templates.named("PAGE") == kept_template(desk.store, TemplateId.PAGE) == made
    assert desk.put(subject="$title", short="$id") == made
    assert desk.put(text="$id $acknowledge").parts == {Part.TEXT: "$id $acknowledge"}
    assert desk.log()[desk.before :] == [
        ("template_changed", "template:page", {"subject": "$title", "short": "$id"}),
        ("template_changed", "template:page", {"text": "$id $acknowledge"}),
    ]


def test_what_was_deleted_is_as_it_is_built_in_and_its_version_goes_on(desk):
    """So that whoever saw it before does not write over what came after."""
    desk.put()
    desk.templates.remove("page", actor=BOSS)
    desk.templates.remove("page", actor=BOSS)
    assert kept_template(desk.store, TemplateId.PAGE) is None
    assert desk.templates.named("page") == Template(id="page", version=2)
    assert [one[0] for one in desk.log()[desk.before :]] == ["template_changed", "template_removed"]
    with pytest.raises(PreconditionFailed):
        desk.put(expected=1)
    assert desk.put(expected=2).version == 3
    with pytest.raises(PreconditionFailed):
        desk.templates.remove("page", actor=BOSS, expected=2)


@pytest.mark.parametrize("name", ["pages", "", "a/b", "x" * 5_000])
def test_there_are_no_others(desk, name):
    """Whatever is done with them; the nearest is named."""
    for ask in (desk.templates.named, desk.put, lambda said: desk.templates.remove(said, actor=BOSS)):
        with pytest.raises(NotFound):
            ask(name)
    with pytest.raises(NotFound, match="did you mean page"):
        template_id_of("pgae")
    assert template_id_of("All-Clear-Many") is TemplateId.ALL_CLEAR_MANY


def test_what_could_not_be_filled_in_is_not_kept(desk):
    """Nothing is written."""
    with pytest.raises(InvalidInput, match="did you mean"):
        desk.put(text="$titel")
    assert (desk.templates.named("page").version, len(desk.log())) == (0, desk.before)


def test_of_two_at_once_both_are_on_record():
    """The second goes on what the first left, or is told."""
    desk = Desk(MemoryStore())
    desk.put(subject="one")
    between = Between(desk.store, lambda: desk.put(subject="two"))
    assert desk.over(between).put("page", {"subject": "three"}, actor=BOSS).version == 3
    between = Between(desk.store, lambda: desk.put(subject="four"))
    with pytest.raises(PreconditionFailed):
        desk.over(between).put("page", {"subject": "five"}, actor=BOSS, expected=3)
    assert desk.templates.named("page").subject == "four"


def test_templates_move_to_another_store():
    """With what is kept of those that were deleted."""
    desk, other = Desk(MemoryStore()), MemoryStore()
    desk.put()
    desk.put("all_clear", text="over")
    desk.templates.remove("all_clear", actor=BOSS)
    move(desk.store, other, now=desk.clock(), new_id=desk.new_id)
    assert Desk(other).templates.every() == desk.templates.every()


def keep(store, body):
    record = Record(kind=TEMPLATE, id="page", body=body, version=1)
    write = RecordWrite(kind=TEMPLATE, id="page", record=record, expected=0)
    store.commit(Change(id="c", at=at(0), records=(write,)))


def test_what_a_newer_program_kept_is_read(any_store):
    """Fields that are not known are passed over."""
    keep(any_store, {"subject": "x", "colour": "red"})
    assert kept_template(any_store, TemplateId.PAGE).parts == {Part.SUBJECT: "x"}


def test_what_cannot_be_read_can_be_mended(any_store):
    """It is listed as saying nothing, and both changed and deleted."""
    keep(any_store, {"subject": ["x"]})
    desk = Desk(any_store)
    assert desk.templates.every()[0] == Template(id="page", version=1)
    desk.templates.remove("page", actor=BOSS, expected=1)
    assert kept_template(any_store, TemplateId.PAGE) is None
    assert desk.put().version == 3


@pytest.mark.parametrize("template_id", TemplateId)
def test_a_preview_is_what_the_pager_would_write(template_id):
    """About an incident that is made up, or about one there is; its link does nothing."""
    template = Template(id=template_id, subject="$id", text="$title / $status")
    assert previewed(template, None, at=at(0)).subject == "INC-1042"
    incident = an_incident(title="Search is down", severity="critical")
    message = previewed(template, incident, at=at(0))
    assert message.text.startswith("Search is down / detected")
    assert len(message.subjects) == (2 if template_id.many else 1)
    links = {one.acknowledge for one in message.subjects}
    assert links == ({LINK} if template_id.tells.value == "page" else {""})
