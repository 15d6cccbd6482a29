"""Links that acknowledge: signed, for one person, one incident and one cycle, and good for a day.

Nothing is kept of them. Following one shows what it would do, and only the answer to that acknowledges: programs that
look into mail follow links, too. A link of an earlier cycle acknowledges nothing, for what its page did not tell of
has joined since.
"""

from datetime import datetime, timedelta
from typing import NamedTuple

from tocsin.domain.access import UserRole
from tocsin.domain.draft import Draft
from tocsin.domain.frozen import Utc
from tocsin.domain.handling import acknowledge, resolve_by_hand
from tocsin.domain.incident import Incident
from tocsin.domain.message import Tells
from tocsin.domain.page import Page
from tocsin.domain.user import User
from tocsin.errors import PreconditionFailed, SignInRefused

from .acting import Acting, found
from .link_tokens import PageLink, read, written
from .signing import Signer
from .users import Users

GOOD_FOR = timedelta(days=1)
PURPOSE = "acknowledge a page"


class PageLinks:
    """Makes links, and does what they are for. ``address`` is what a token is put behind; empty: no links are made."""

    def __init__(self, signer: Signer, address: str = "") -> None:
        self._signer = signer
        self._address = address

    def __call__(self, page: Page) -> str:
        """Return the link of a page; none for a room, where nobody in particular would follow it."""
        if not self._address or not page.user or not page.incident_id or page.tells is not Tells.PAGE:
            return ""
        until = int((page.made_at + GOOD_FOR).timestamp())
        packed = PageLink(page.incident_id, page.cycle, page.user, until).packed
        return f"{self._address}{written(packed, self._signer.stamp(PURPOSE, packed))}"

    def read(self, token: str, now: Utc) -> PageLink:
        """Return what a token says. Raises :class:`~tocsin.errors.SignInRefused` unless it is ours, and still good."""
        packed, stamp = read(token)
        if packed and self._signer.stamped(PURPOSE, packed, stamp):
            link = PageLink.unpacked(packed)
            if now < datetime.fromtimestamp(link.until, now.tzinfo):
                return link
        message = "this link is no good, or not any more"
        raise SignInRefused(message, hint="links of pages are good for a day: sign in, or take a newer page's")


class Outlook(NamedTuple):
    """What following a link would do: acknowledge for ``user``, or nothing, if somebody has ``done`` so already."""

    incident: Incident
    user: User
    done: bool


def outlook(acting: Acting, users: Users, link: PageLink) -> Outlook:
    """Return what :func:`acknowledge_cycle` would do now, or raise what it would; nothing is written."""
    user = acknowledging(users, link.user)
    draft = Draft(found(acting.store, link.incident_id), at=acting.clock(), by=user.email, edits=True)
    _acknowledge(draft, link, user)
    return Outlook(draft.incident, user, done=not draft.changed)


def acknowledge_cycle(acting: Acting, users: Users, link: PageLink) -> Incident:
    """Acknowledge for the person of a link, if they are still let in, and their page told of all there is.

    A ``cycle`` of 0 stands for a page by hand, which told of what there was. Doing so twice is no error. Raises
    ``SignInRefused``, ``NotFound``, ``IllegalMove``, and ``PreconditionFailed`` where a later cycle has begun or waits.
    """
    user = acknowledging(users, link.user)
    return acting.move(link.incident_id, lambda draft: _acknowledge(draft, link, user), {"by": user.email})


def resolve_cycle(acting: Acting, users: Users, link: PageLink) -> Incident:
    """Resolve in the same way; raises the same. What is resolved already stays so."""
    user = acknowledging(users, link.user)

    def do(draft: Draft) -> None:
        if draft.incident.active:
            _told_of_all(draft, link)
        resolve_by_hand(draft, by=user.email)

    return acting.move(link.incident_id, do, {"by": user.email})


def _acknowledge(draft: Draft, link: PageLink, user: User) -> None:
    _told_of_all(draft, link)
    acknowledge(draft, by=user.email)


def _told_of_all(draft: Draft, link: PageLink) -> None:
    """Raise ``PreconditionFailed`` if a cycle has begun, or waits to, of which the page of a link did not tell."""
    incident = draft.incident
    if link.cycle:
        later = incident.cycles > max(link.cycle, incident.acknowledged_cycles) or incident.cycle_due_at is not None
    else:
        begun = incident.cycle_restarted_at if incident.cycles > incident.acknowledged_cycles else None
        later = begun is not None and begun.timestamp() > link.until - GOOD_FOR.total_seconds()
    if later:
        message = f"{link.incident_id} has got worse since this page: it was paged again"
        raise PreconditionFailed(message, hint="acknowledge by the newer page, or where you see all of it")


def acknowledging(users: Users, user_id: str) -> User:
    """Return the person of a link. Raises ``SignInRefused`` unless they may still acknowledge."""
    user = users.get(user_id)
    if user is None or not user.may_sign_in or not user.role.includes(UserRole.RESPONDER):
        message = "whoever this link is for may not acknowledge any more"
        raise SignInRefused(message, hint="an administrator can say why")
    return user
