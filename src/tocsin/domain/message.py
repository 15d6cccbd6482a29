"""What somebody is told, once, in every length that a channel may need. What channels do with it is theirs."""

from enum import StrEnum

from .frozen import Frozen, Utc
from .incident import Status
from .severity import Severity

SHORTEST = 160
"""Characters of :attr:`Message.short` that are no link: one SMS."""


def on_the_web(address: str) -> bool:
    """Say whether an address is one that a browser opens: nothing else becomes a link."""
    return address.startswith(("https://", "http://"))


class Tells(StrEnum):
    """Why somebody is told."""

    PAGE = "page"
    ALL_CLEAR = "all_clear"
    ACKNOWLEDGED = "acknowledged"
    NOTICE = "notice"
    TEST = "test"
    CODE = "code"


class Subject(Frozen):
    """One incident, as a message tells of it.

    ``url``, on the web, shows its first alert where that came from; ``acknowledge`` is a signed link. Either may be
    empty. One that was ``merged_into`` another is over as a number, and what it was about may still burn.
    """

    id: str
    cycle: int
    title: str
    severity: Severity
    status: Status
    service: str = ""
    environment: str = ""
    source: str = ""
    opened_at: Utc
    runbook: str = ""
    url: str = ""
    acknowledge: str = ""
    merged_into: str = ""


class Message(Frozen):
    """One message to one target. ``id`` is that of its page, the same however often it is sent.

    ``subject`` is one line; ``short`` is for an SMS, and a link at its end comes on top of its :data:`SHORTEST`
    characters; ``text`` is plain; ``html`` is a whole document, escaped. ``subjects`` are the incidents that it is
    about, the worst first: several in a bundle, none in a test. All of it may hold what strangers wrote: whoever puts
    it into another markup escapes it.
    """

    id: str
    tells: Tells
    subject: str
    short: str
    text: str
    html: str = ""
    subjects: tuple[Subject, ...] = ()
    sent_at: Utc

    @property
    def severity(self) -> Severity | None:
        """The worst that it is about; None where it is about no incident."""
        return max((one.severity for one in self.subjects), key=lambda one: one.rank, default=None)
