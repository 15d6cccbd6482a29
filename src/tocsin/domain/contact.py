"""Where somebody is told: a person's ways to be reached, and rooms that several people read.

An address is a few named words; which ones a channel needs, and which of them are secret, is said once, in
:data:`WORDS`. Secret words are sealed before they are kept, and are never shown again.
"""

from collections.abc import Mapping
from enum import StrEnum
from typing import Annotated, NamedTuple

from pydantic import StringConstraints

from .frozen import Frozen, Utc

LONGEST_WORD = 2_000
"""Characters of one word of an address."""


REPOSITORY = r"[A-Za-z0-9-]{1,39}/[A-Za-z0-9._-]{1,100}"
"""A repository of GitHub, as ``OWNER/NAME``."""


class ChannelKind(StrEnum):
    """Over what a message goes. ``slack`` is an incoming webhook, ``slack_bot`` an app that has buttons."""

    EMAIL = "email"
    SMS = "sms"
    VOICE = "voice"
    SLACK = "slack"
    SLACK_BOT = "slack_bot"
    TEAMS = "teams"
    NTFY = "ntfy"
    PUSHOVER = "pushover"
    PAGERDUTY = "pagerduty"
    OPSGENIE = "opsgenie"
    WEBHOOK = "webhook"
    APPRISE = "apprise"
    GITHUB = "github"
    LOG = "log"


class Word(NamedTuple):
    """One word of an address. What is not ``required`` may be left out."""

    name: str
    secret: bool = False
    required: bool = True


WORDS: Mapping[ChannelKind, tuple[Word, ...]] = {
    ChannelKind.EMAIL: (Word("email"),),
    ChannelKind.SMS: (Word("number"),),
    ChannelKind.VOICE: (Word("number"),),
    ChannelKind.SLACK: (Word("url", secret=True),),
    ChannelKind.SLACK_BOT: (Word("channel"),),
    ChannelKind.TEAMS: (Word("url", secret=True),),
    ChannelKind.NTFY: (Word("url"), Word("token", secret=True, required=False)),
    ChannelKind.PUSHOVER: (Word("user", secret=True), Word("device", required=False)),
    ChannelKind.PAGERDUTY: (Word("routing_key", secret=True),),
    ChannelKind.OPSGENIE: (Word("key", secret=True), Word("region", required=False)),
    ChannelKind.WEBHOOK: (Word("url", secret=True), Word("secret", secret=True, required=False)),
    ChannelKind.APPRISE: (Word("url", secret=True),),
    ChannelKind.GITHUB: (Word("repository"), Word("labels", required=False)),
    ChannelKind.LOG: (Word("name", required=False),),
}

Address = Mapping[str, str]
"""The words of an address, opened: what a channel is handed."""


class Contact(Frozen):
    """A way to reach ``user`` (the id of one), or a room (``user`` is empty) that policies call by its ``name``.

    ``address`` holds the words that may be seen, ``sealed`` the others. A person's way counts once it is verified: by
    a code that went there and came back. ``version`` grows by one with each change.
    """

    id: str
    kind: ChannelKind
    user: str = ""
    name: Annotated[str, StringConstraints(max_length=100)] = ""
    address: dict[str, str] = {}
    sealed: str = ""
    active: bool = True
    verified_at: Utc | None = None
    created_at: Utc
    created_by: str
    version: int = 1

    @property
    def usable(self) -> bool:
        """Say whether pages go there. A room needs no code: whoever administers it has tried it."""
        return self.active and (self.user == "" or self.verified_at is not None)
