"""The words of messages as they are kept. Every change and its audit entry are one commit."""

from collections.abc import Mapping

from pydantic import JsonValue, ValidationError

from tocsin.clock import Clock
from tocsin.domain.audit import Actor, AuditAction, Deed, Head
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.template import Template, TemplateId, checked
from tocsin.errors import NotFound
from tocsin.ids import NewId
from tocsin.storage.store import Store

from .auditing import AuditLog, following
from .versions import see_version

TEMPLATE = "template"
"""The record kind of a template; its id is the template's. One that was deleted stays, with nothing in it.

So its version never goes back, and whoever saw the one before is told.
"""


def template_id_of(name: str) -> TemplateId:
    """Return the id that a name is, in any letter case. Raises :class:`~tocsin.errors.NotFound`."""
    said = name.strip().lower().replace("-", "_")
    for one in TemplateId:
        if one.value == said:
            return one
    from difflib import get_close_matches

    meant = "".join(f"; did you mean {one}?" for one in get_close_matches(said, list(TemplateId), n=1))
    message = f"there is no template {name[:100]}{meant}"
    raise NotFound(message, hint=f"there are {', '.join(TemplateId)}")


def kept_template(store: Store, template_id: TemplateId) -> Template | None:
    """Return the words that were changed; None where they are those built in. One read."""
    record = store.record(TEMPLATE, template_id.value)
    return _template(record) if record is not None and record.body else None


class Templates:
    """The templates of one store. Each is there whether it was ever changed or not."""

    def __init__(self, store: Store, audit: AuditLog, *, clock: Clock, new_id: NewId) -> None:
        self._store = store
        self._audit = audit
        self._clock = clock
        self._new_id = new_id

    def every(self) -> list[Template]:
        """Return every template, also those that say nothing."""
        return [self._now(one)[0] for one in TemplateId]

    def named(self, name: str) -> Template:
        """Return a template. Raises :class:`~tocsin.errors.NotFound`."""
        return self._now(template_id_of(name))[0]

    def checked(self, name: str, parts: Mapping[str, str]) -> Template:
        """Return the template that these parts would be. Raises ``InvalidInput`` and ``NotFound``."""
        return checked(Template.model_validate({**parts, "id": template_id_of(name)}))

    def put(self, name: str, parts: Mapping[str, str], *, actor: Actor, expected: int | None = None) -> Template:
        """Change the words of a message; what ``parts`` does not name is as it is built in.

        Nothing is written where that is the same. Raises as :meth:`checked` does, and ``PreconditionFailed`` if its
        version is not the ``expected`` one.
        """
        wanted = self.checked(name, parts)
        return self._change(wanted, AuditAction.TEMPLATE_CHANGED, actor, expected)

    def remove(self, name: str, *, actor: Actor, expected: int | None = None) -> None:
        """Go back to the words that are built in. Raises as :meth:`put` does."""
        self._change(Template(id=template_id_of(name)), AuditAction.TEMPLATE_REMOVED, actor, expected)

    def _change(self, wanted: Template, action: AuditAction, actor: Actor, expected: int | None) -> Template:
        def write(head: Head) -> Template:
            before, record = self._now(wanted.id)
            see_version(f"the template {wanted.id}", before.version, expected)
            body: dict[str, JsonValue] = {part.value: text for part, text in wanted.parts.items()}
            if body == (record.body if record is not None else {}):
                return before
            after = wanted.model_copy(update={"version": before.version + 1})
            kept = Record(kind=TEMPLATE, id=wanted.id.value, body=body, version=after.version)
            held = 0 if record is None else record.version
            self._commit(head, Deed(action, actor, f"template:{wanted.id}", body), kept, held)
            return after

        return self._audit.in_turn(write)

    def _now(self, template_id: TemplateId) -> tuple[Template, Record | None]:
        record = self._store.record(TEMPLATE, template_id.value)
        if record is None:
            return Template(id=template_id), None
        try:
            return _template(record), record
        except ValidationError:  # somebody was at it; it can be changed and deleted all the same
            return Template(id=template_id, version=record.version), record

    def _commit(self, head: Head, deed: Deed, kept: Record, held: int) -> None:
        now = self._clock()
        _, noted = following(head, deed, now)
        write = RecordWrite(kind=TEMPLATE, id=kept.id, record=kept, expected=held)
        self._store.commit(Change(id=self._new_id(), at=now, records=(write, *noted)))


def _template(record: Record) -> Template:
    return Template.model_validate({**record.body, "id": record.id, "version": record.version})
