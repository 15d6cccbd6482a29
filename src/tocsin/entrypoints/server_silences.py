"""The silences of a server: the same for the command line, asked for over HTTP."""

from typing import TYPE_CHECKING

from tocsin.api.silence_views import SilenceView, SilenceWithCount
from tocsin.domain.silence import Matcher
from tocsin.services.silences import SilenceEdit

from .server_calls import ServerCalls, coded
from .server_store import V1, every_one

if TYPE_CHECKING:
    from datetime import datetime

SILENCES = f"{V1}/silences"


class ServerSilences:
    """:class:`~tocsin.entrypoints.silences.SilenceDesk` of a server."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def every(self) -> list[SilenceView]:
        """Return every silence that is known."""
        return [SilenceView.model_validate(one) for one in every_one(self._calls, "silences")]

    def one(self, silence_id: str) -> SilenceWithCount:
        """Return a silence."""
        return SilenceWithCount.model_validate(self._calls.get(f"{SILENCES}/{coded(silence_id)}"))

    def add(
        self, where: Matcher, *, reason: str, starts_at: "datetime | None", ends_at: "datetime"
    ) -> SilenceWithCount:
        """Make a silence."""
        body = {
            "where": where.model_dump(mode="json", exclude_defaults=True),
            "reason": reason,
            "ends_at": ends_at.isoformat(),
            "starts_at": None if starts_at is None else starts_at.isoformat(),
        }
        return SilenceWithCount.model_validate(self._calls.ask("POST", SILENCES, body, by=self._by))

    def edit(self, silence_id: str, edit: SilenceEdit) -> SilenceWithCount:
        """Change a silence."""
        body = edit.model_dump(mode="json", exclude_none=True)
        if edit.where is not None:
            body["where"] = edit.where.model_dump(mode="json", exclude_defaults=True)
        return SilenceWithCount.model_validate(
            self._calls.ask("PATCH", f"{SILENCES}/{coded(silence_id)}", body, by=self._by)
        )

    def end(self, silence_id: str) -> None:
        """End a silence."""
        self._calls.ask("DELETE", f"{SILENCES}/{coded(silence_id)}", by=self._by)
