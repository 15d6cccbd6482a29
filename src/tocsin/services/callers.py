"""Who comes without signing in, and is known all the same: by a link of ours, or by a provider's signature."""

from collections.abc import Callable, Iterable
from typing import NamedTuple

from .page_links import PageLinks

SignedBySlack = Callable[[str, bytes, str], bool]
"""Says whether Slack signed a body, by its timestamp and signature."""

SignedByTwilio = Callable[[str, Iterable[tuple[str, str]], str], bool]
"""Says whether Twilio signed a call of a URL, by the parameters of its form, and the signature."""


class Callers(NamedTuple):
    """What tells them. ``origin`` is this API as seen from outside (empty: that is not set)."""

    links: PageLinks
    origin: str
    is_from_slack: SignedBySlack
    is_from_twilio: SignedByTwilio
