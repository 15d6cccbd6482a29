"""The pages of a server: the same for the command line, asked for over HTTP."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from tocsin.api.page_views import AskedView, NotificationView, NotificationWithAttempts
from tocsin.errors import InvalidInput

from .server_calls import ServerCalls, coded
from .server_store import MOST_LISTED, V1, incident_of

if TYPE_CHECKING:
    from tocsin.domain.contact import ChannelKind
    from tocsin.domain.incident import Incident
    from tocsin.domain.page import PageStatus

NOTIFICATIONS = f"{V1}/notifications"


class ServerPages:
    """:class:`~tocsin.entrypoints.pages.PageDesk` of a server."""

    def __init__(self, calls: ServerCalls, by: str) -> None:
        self._calls = calls
        self._by = by

    def notify(
        self, targets: Sequence[str], text: str, *, incident_id: str, channels: "Sequence[ChannelKind]"
    ) -> AskedView:
        """Page whom targets name."""
        body = {"targets": list(targets), "message": text, "incident_id": incident_id, "channels": list(channels)}
        return AskedView.model_validate(self._ask(f"{V1}/notify", body))

    def escalate(self, incident_id: str) -> "Incident":
        """Page the next step of an incident's policy."""
        return incident_of(self._ask(f"{V1}/escalate", {"incident_id": incident_id}))

    def test(self, who: str, ref: str) -> NotificationView:
        """Have a test sent to one of one's own contacts."""
        if who.strip():
            message = "on a server nobody tests another's contact: whoever is reached there does"
            raise InvalidInput(message, hint="leave --user out, and `login` as who it is")
        return NotificationView.model_validate(self._ask(f"{V1}/users/me/test-page", {"contact": ref}))

    def some(
        self, *, incident_id: str, user: str, status: "PageStatus | None", limit: int
    ) -> tuple[list[NotificationView], bool]:
        """Return pages, and whether there are more."""
        found: list[NotificationView] = []
        cursor = ""
        while True:
            asked = {"incident": incident_id, "user": user, "status": status, "cursor": cursor}
            said = self._calls.get(NOTIFICATIONS, asked | {"limit": min(limit - len(found), MOST_LISTED)})
            found += [NotificationView.model_validate(one) for one in said["notifications"]]
            cursor = said["cursor"]
            if not cursor or len(found) >= limit:
                return found, bool(cursor)

    def one(self, page_id: str) -> NotificationWithAttempts:
        """Return a page and its attempts."""
        return NotificationWithAttempts.model_validate(self._calls.get(f"{NOTIFICATIONS}/{coded(page_id)}"))

    def _ask(self, path: str, body: dict[str, Any]) -> Any:  # noqa: ANN401 - any JSON
        return self._calls.ask("POST", path, body, by=self._by)
