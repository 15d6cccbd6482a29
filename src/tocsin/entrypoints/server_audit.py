"""The audit log of a server: the same one, read over HTTP."""

from collections.abc import Iterator

from typing_extensions import override

from tocsin.clock import utc_now
from tocsin.domain.audit import AuditEntry, AuditFilter, Break, Head, Verified
from tocsin.ids import random_id
from tocsin.services.auditing import AuditLog

from .server_calls import ServerCalls
from .server_store import MOST_LISTED, V1, ServerStore

AUDIT = f"{V1}/audit"


class ServerAudit(AuditLog):
    """:class:`~tocsin.services.auditing.AuditLog` of a server, to be read."""

    def __init__(self, calls: ServerCalls) -> None:
        super().__init__(ServerStore(calls), clock=utc_now, new_id=random_id)
        self._calls = calls

    @override
    def find(self, wanted: AuditFilter, *, limit: int = 50, cursor: str = "") -> tuple[list[AuditEntry], str]:
        asked = wanted.model_dump(mode="json") | {"limit": min(limit, MOST_LISTED), "cursor": cursor}
        said = self._calls.get(AUDIT, asked)
        return [AuditEntry.model_validate(one) for one in said["entries"]], said["cursor"]

    @override
    def entries(self, *, after: int = 0) -> Iterator[AuditEntry]:
        while some := self._calls.lines(f"{AUDIT}/export", {"after": after}):
            yield from map(AuditEntry.model_validate, some)
            after = int(some[-1]["number"])

    @override
    def verify(self, *, after: Head | None = None, noted: Head | None = None, most: int | None = None) -> Verified:
        asked = {"expect": str(noted) if noted else "", "cursor": str(after) if after else ""}
        while True:
            said = self._calls.get(f"{AUDIT}/verify", asked)
            if not said["cursor"]:
                broken = said["broken"]
                return Verified(Head.model_validate(said["verified"]), Break(**broken) if broken else None)
            asked["cursor"] = said["cursor"]
