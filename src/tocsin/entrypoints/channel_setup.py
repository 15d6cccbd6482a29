"""The channels that the settings set up, and what ``doctor`` asks of their providers.

Nothing of a channel is imported before the first page needs it.
"""

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, TypeVar

from tocsin.clock import Clock
from tocsin.domain.contact import ChannelKind
from tocsin.domain.message import Message
from tocsin.services.channel import Channel, Channels

from .provider_keys import ProviderKeys, Renewed

if TYPE_CHECKING:
    from tocsin.channels.outbound import Outbound
    from tocsin.channels.standing import Standing
    from tocsin.channels.twilio import Twilio
    from tocsin.config import Settings

    from .aws import Aws

ActionUrl = Callable[[Message], str]

TWILIO = ("TWILIO_ACCOUNT_SID", "TWILIO_AUTH_TOKEN", "TWILIO_FROM")
PUSHOVER = ("PUSHOVER_TOKEN",)
SLACK_BOT = ("SLACK_BOT_TOKEN",)
GITHUB = ("GITHUB_TOKEN",)

Look = tuple[str, Callable[[], "Standing"]]
"""What is looked at, and what looks: it returns what it found, or raises one of our errors."""

T = TypeVar("T")


def channels_of(
    settings: "Settings",
    aws: "Callable[[], Aws]",
    *,
    clock: Clock,
    action_url: ActionUrl | None = None,
    outbound: "Callable[[], Outbound] | None" = None,
    look: bool = False,
) -> Channels:
    """Return the channels that are set up; each is made once, when it is first asked for.

    ``action_url`` returns where a call tells the key that was pressed; without it a call takes none. ``outbound`` is
    the way out over HTTP. ``look``: the secret with keys is read now, and channels whose keys it lacks are left out;
    otherwise a page that goes there finds out. Making one raises :class:`~tocsin.errors.ConfigurationError` where a
    setting is missing.
    """
    made = _Made(settings, aws, clock, action_url, outbound)

    def are_there(*names: str) -> bool:
        return not made.keys.lacks(*names) if look else made.keys.may_have(*names)

    found: dict[ChannelKind, Callable[[], Channel]] = {
        ChannelKind.SLACK: made.slack,
        ChannelKind.TEAMS: made.teams,
        ChannelKind.NTFY: made.ntfy,
        ChannelKind.PAGERDUTY: made.pagerduty,
        ChannelKind.OPSGENIE: made.opsgenie,
        ChannelKind.WEBHOOK: made.webhook,
        ChannelKind.APPRISE: made.apprise,
        ChannelKind.LOG: made.log,
    }
    if settings.ses_from:
        found[ChannelKind.EMAIL] = made.ses
    elif settings.sends_letters:
        found[ChannelKind.EMAIL] = made.mail
    if settings.sms_provider == "sns":
        found[ChannelKind.SMS] = made.sns
    elif settings.sms_provider == "twilio" and are_there(*TWILIO):
        found[ChannelKind.SMS] = made.twilio_sms
    if are_there(*TWILIO):
        found[ChannelKind.VOICE] = made.voice
    if are_there(*PUSHOVER):
        found[ChannelKind.PUSHOVER] = made.pushover
    if are_there(*SLACK_BOT):
        found[ChannelKind.SLACK_BOT] = made.slack_bot
    if are_there(*GITHUB):
        found[ChannelKind.GITHUB] = made.github
    return {kind: _once(make) for kind, make in found.items()}


def channel_checks(
    settings: "Settings",
    aws: "Callable[[], Aws]",
    *,
    clock: Clock,
    outbound: "Callable[[], Outbound] | None" = None,
) -> Iterator[Look]:
    """Yield what can be asked of each provider that has credentials of ours, without sending anything."""
    made = _Made(settings, aws, clock, None, outbound)
    keys = made.keys
    if settings.ses_from:
        yield "mail (SES)", made.check_ses
    elif settings.sends_letters:
        yield "mail", made.check_mail
    if settings.sms_provider == "sns":
        yield "SMS (SNS)", made.check_sns
    if settings.channels_secret_name:
        yield "keys of channels", keys.check
    if keys.has(*TWILIO):
        yield "Twilio", made.check_twilio
    if keys.has(*PUSHOVER):
        yield "Pushover", made.check_pushover
    if keys.has(*SLACK_BOT):
        yield "Slack", made.check_slack
    if keys.has(*GITHUB):
        yield "GitHub", made.check_github


def _once(make: Callable[[], T]) -> Callable[[], T]:
    return cache(make)


class _Made:
    """Makes channels; each method imports its own."""

    def __init__(
        self,
        settings: "Settings",
        aws: "Callable[[], Aws]",
        clock: Clock,
        action_url: ActionUrl | None,
        outbound: "Callable[[], Outbound] | None",
    ) -> None:
        self._settings = settings
        self._aws = aws
        self._clock = clock
        self._action_url = action_url
        self._outbound = _once(outbound or self._way_out)
        self.keys = ProviderKeys(settings, aws, clock=clock)

    def _way_out(self) -> "Outbound":
        from tocsin.channels.outbound import Outbound

        return Outbound(self._settings.outbound_allow)

    def slack(self) -> Channel:
        from tocsin.channels.slack import SlackChannel

        return SlackChannel(self._outbound())

    def teams(self) -> Channel:
        from tocsin.channels.teams import TeamsChannel

        return TeamsChannel(self._outbound())

    def ntfy(self) -> Channel:
        from tocsin.channels.ntfy import NtfyChannel

        return NtfyChannel(self._outbound())

    def pagerduty(self) -> Channel:
        from tocsin.channels.pagerduty import PagerDutyChannel

        return PagerDutyChannel(self._outbound())

    def opsgenie(self) -> Channel:
        from tocsin.channels.opsgenie import OpsgenieChannel

        return OpsgenieChannel(self._outbound())

    def webhook(self) -> Channel:
        from tocsin.channels.webhook import WebhookChannel

        return WebhookChannel(self._outbound(), clock=self._clock)

    def apprise(self) -> Channel:
        from tocsin.channels.apprise_urls import AppriseChannel

        return AppriseChannel()

    def log(self) -> Channel:
        from tocsin.channels.log_line import LogChannel

        return LogChannel()

    def mail(self) -> Channel:
        from tocsin.channels.mail import MailChannel

        from .letters import courier_of

        courier = courier_of(self._settings, self._aws, clock=self._clock)
        return MailChannel(courier, self._settings.mail_from)

    def ses(self) -> Channel:
        from tocsin.channels.ses import SesChannel

        return SesChannel(self._aws().client("SESv2"), self._settings.ses_from, clock=self._clock)

    def sns(self) -> Channel:
        from tocsin.channels.sns import SnsChannel

        return SnsChannel(self._aws().client("SNS"))

    def twilio_sms(self) -> Channel:
        from tocsin.channels.twilio_sms import TwilioSms

        return Renewed(self.keys, TWILIO, lambda *keys: TwilioSms(self._twilio(*keys)))

    def voice(self) -> Channel:
        from tocsin.channels.voice import VoiceChannel, no_url

        action_url = self._action_url or no_url
        return Renewed(self.keys, TWILIO, lambda *keys: VoiceChannel(self._twilio(*keys), action_url))

    def pushover(self) -> Channel:
        from tocsin.channels.pushover import PushoverChannel

        return Renewed(self.keys, PUSHOVER, lambda token: PushoverChannel(self._outbound(), token))

    def slack_bot(self) -> Channel:
        from tocsin.channels.slack_bot import SlackBot

        return Renewed(self.keys, SLACK_BOT, lambda token: SlackBot(self._outbound(), token))

    def github(self) -> Channel:
        from tocsin.channels.github import GithubChannel

        return Renewed(self.keys, GITHUB, lambda token: GithubChannel(self._outbound(), token))

    def check_mail(self) -> "Standing":
        from .letters import courier_of

        return courier_of(self._settings, self._aws, clock=self._clock).check()

    def check_ses(self) -> "Standing":
        from tocsin.channels.ses import check_ses

        return check_ses(self._aws().client("SESv2"), self._settings.ses_from)

    def check_sns(self) -> "Standing":
        from tocsin.channels.sns import check_sns

        return check_sns(self._aws().client("SNS"))

    def check_twilio(self) -> "Standing":
        return self._twilio(*self.keys(*TWILIO)).check()

    def check_pushover(self) -> "Standing":
        from tocsin.channels.pushover import PushoverChannel

        return PushoverChannel(self._outbound(), *self.keys(*PUSHOVER)).check()

    def check_github(self) -> "Standing":
        from tocsin.channels.github import GithubChannel

        return GithubChannel(self._outbound(), *self.keys(*GITHUB)).check()

    def check_slack(self) -> "Standing":
        from tocsin.channels.slack_bot import SlackBot

        return SlackBot(self._outbound(), *self.keys(*SLACK_BOT)).check()

    def _twilio(self, sid: str, token: str, sender: str) -> "Twilio":
        from tocsin.channels.twilio import Twilio

        return Twilio(self._outbound(), sid, token, sender)
