"""Which channels are set up, from where they have their keys, and that nothing of them is imported before its time."""

import json
import subprocess
import sys
from datetime import timedelta
from types import SimpleNamespace

import pytest
from botocore.exceptions import EndpointConnectionError
from botocore.session import Session

from tests.desk import NOON, at
from tests.entrypoints.command_line import ROOT
from tests.mail_server import Mailbox, serving
from tests.messages import page
from tests.provider import provider as serving_provider
from tests.secrets_seen import nowhere
from tocsin.channels.outbound import Outbound
from tocsin.config import Settings
from tocsin.domain.contact import ChannelKind
from tocsin.entrypoints.aws import Aws
from tocsin.entrypoints.channel_setup import channel_checks, channels_of
from tocsin.entrypoints.provider_keys import NAMES, ProviderKeys, Renewed
from tocsin.errors import ConfigurationError, Refused, Undelivered
from tocsin.services.channel import Receipt

SID = "AC" + "0123456789abcdef" * 2
ALWAYS = {"slack", "teams", "ntfy", "pagerduty", "opsgenie", "webhook", "apprise", "log"}
TWILIO = {"TWILIO_ACCOUNT_SID": SID, "TWILIO_AUTH_TOKEN": "auth-token-1", "TWILIO_FROM": "+15005550006"}
MAIL = {"SMTP_URL": "smtp://mail.example.com", "MAIL_FROM": "ops@example.org"}
REGION = "us-east-1"
SECRET = "tocsin/channels"


def made(environ, **more):
    """Return the channels of an environment."""
    settings = Settings.read(environ)
    return channels_of(settings, lambda: Aws(REGION, environ), clock=lambda: NOON, **more)


@pytest.mark.parametrize(
    "environ, more",
    [
        ({}, set()),
        (MAIL, {"email"}),
        ({"SES_FROM": "ops@example.org"}, {"email"}),
        ({"SMS_PROVIDER": "sns"}, {"sms"}),
        ({"SMS_PROVIDER": "twilio"}, set()),
        (TWILIO, {"voice"}),
        (TWILIO | {"SMS_PROVIDER": "twilio"}, {"voice", "sms"}),
        ({"PUSHOVER_TOKEN": "t"}, {"pushover"}),
        ({"SLACK_BOT_TOKEN": "t"}, {"slack_bot"}),
        ({"GITHUB_TOKEN": "t"}, {"github"}),
        (
            {"CHANNELS_SECRET_NAME": SECRET, "SMS_PROVIDER": "twilio"},
            {"voice", "sms", "pushover", "slack_bot", "github"},
        ),
    ],
)
def test_what_is_set_up_is_what_the_settings_have_keys_for(environ, more):
    """What takes nothing of ours always is; a secret is not read to say so."""
    assert {kind.value for kind in made(environ)} == ALWAYS | more


@pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
def test_each_is_made_once_when_it_is_first_asked_for():
    """With AWS's clients, whose credentials are looked for when something is sent."""
    environ = TWILIO | {"SMS_PROVIDER": "sns", "SES_FROM": "a@b.example", "PUSHOVER_TOKEN": "t", "SLACK_BOT_TOKEN": "t"}
    environ |= {"GITHUB_TOKEN": "t"}
    channels = made(environ)
    assert set(channels) == set(ChannelKind)
    for kind, make in channels.items():
        assert make() is make(), kind
    assert made(environ | {"SMS_PROVIDER": "twilio"} | MAIL)[ChannelKind.SMS]()


def test_a_page_goes_out_as_the_settings_say():
    """By mail and by webhook, from the environment to the other side; OUTBOUND_ALLOW says that this machine may be."""
    mailbox = Mailbox()
    with serving(mailbox) as port, serving_provider() as there:
        environ = {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "ops@example.org"}
        channels = made(environ | {"OUTBOUND_ALLOW": "127.0.0.0/8"})
        channels[ChannelKind.EMAIL]().send(page(), {"email": "ana@example.com"})
        channels[ChannelKind.WEBHOOK]().send(page(), {"url": there.url})
        with pytest.raises(Undelivered, match="may not be reached"):
            made({})[ChannelKind.WEBHOOK]().send(page(), {"url": there.url})
    assert len(mailbox.got) == len(there.asked) == 1


def test_mail_needs_somebody_whom_it_is_from():
    """The message names the setting."""
    with pytest.raises(ConfigurationError, match="MAIL_FROM is not set"):
        made({"SMTP_URL": "smtp://mail.example.com"})[ChannelKind.EMAIL]()


@pytest.mark.parametrize(
    "environ",
    [
        {"TWILIO_ACCOUNT_SID": "AC1"},
        {"TWILIO_FROM": "tocsin"},
        {"SMS_PROVIDER": "pigeon"},
        {"OUTBOUND_ALLOW": "10.0.0.1/8"},
        {"OUTBOUND_ALLOW": "everything"},
        {"SES_FROM": "ops"},
    ],
)
def test_a_setting_that_cannot_work_is_refused_by_name(environ):
    """Before a page needs it."""
    with pytest.raises(ConfigurationError, match=next(iter(environ))):
        Settings.read(environ)


def test_keys_show_in_no_repr():
    """Neither of settings nor of what reads them."""
    environ = {name: f"hunter2-{name}" for name in NAMES if name not in TWILIO} | TWILIO
    settings = Settings.read(environ)
    keys = ProviderKeys(settings, lambda: Aws(REGION, {}), clock=lambda: NOON)
    nowhere(
        f"{settings!r} {keys!r}",
        **{name: environ[name] for name in NAMES if name not in {"TWILIO_FROM", "TWILIO_ACCOUNT_SID"}},
    )


@pytest.fixture
def secrets(moto):
    """Return a client of Secrets Manager in which nothing is kept."""
    return Session().create_client("secretsmanager", region_name=REGION)


def keys_of(clock=lambda: NOON, **environ):
    """Return the keys of an environment that names the secret."""
    environ = {"CHANNELS_SECRET_NAME": SECRET, **environ}
    return ProviderKeys(Settings.read(environ), lambda: Aws(REGION, environ), clock=clock)


def test_a_secret_of_aws_goes_before_what_is_set(secrets):
    """What it does not hold is taken from the settings; what neither has is told by name."""
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"pushover_token": "theirs", "slack_bot_token": ""}))
    keys = keys_of(PUSHOVER_TOKEN="ours", SLACK_BOT_TOKEN="set")
    assert keys("PUSHOVER_TOKEN", "SLACK_BOT_TOKEN") == ("theirs", "set")
    assert keys.has("PUSHOVER_TOKEN")
    assert not keys.has("SLACK_SIGNING_SECRET")
    with pytest.raises(ConfigurationError, match=r"SLACK_SIGNING_SECRET is not set, nor in the secret tocsin/channels"):
        keys("SLACK_SIGNING_SECRET")
    assert keys.check().found == "the secret holds pushover_token"


def test_while_aws_has_no_answer_it_is_asked_once_a_minute():
    """Each page would wait for it otherwise, for ten seconds and more."""
    asked, now = [], [NOON]

    def answer(**_said):
        asked.append(now[0])
        if len(asked) > 1:
            raise EndpointConnectionError(endpoint_url="https://secretsmanager")
        return {"SecretString": '{"pushover_token": "ours"}'}

    aws = SimpleNamespace(region=REGION, client=lambda _name: SimpleNamespace(get_secret_value=answer))
    keys = ProviderKeys(Settings.read({"CHANNELS_SECRET_NAME": SECRET}), lambda: aws, clock=lambda: now[0])
    for minutes, times in ((0, 1), (14, 1), (15, 2), (15, 2), (15.9, 2), (16, 3), (16, 3)):
        now[0] = NOON + timedelta(minutes=minutes)
        assert keys("PUSHOVER_TOKEN") == ("ours",)
        assert len(asked) == times
    assert keys("PUSHOVER_TOKEN", anew=True) == ("ours",)
    assert len(asked) == 4


def test_whoever_asks_whether_pages_go_out_is_told_what_the_secret_lacks(secrets):
    """Or all would be well until the first call; a secret that cannot be read here may hold everything elsewhere."""
    environ = {"CHANNELS_SECRET_NAME": SECRET, "SMS_PROVIDER": "twilio"}
    keyed = {ChannelKind.SMS, ChannelKind.VOICE, ChannelKind.PUSHOVER, ChannelKind.SLACK_BOT, ChannelKind.GITHUB}
    assert keyed <= set(made(environ, look=True))
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"pushover_token": "theirs", "twilio_from": "+1555"}))
    assert set(made(environ)) & keyed == keyed
    assert set(made(environ, look=True)) & keyed == {ChannelKind.PUSHOVER}
    assert ChannelKind.GITHUB in made({**environ, "GITHUB_TOKEN": "ours"}, look=True)


def test_without_a_secret_what_is_set_counts():
    """AWS is asked nothing."""
    keys = ProviderKeys(Settings.read({"PUSHOVER_TOKEN": "ours"}), None, clock=None)
    assert keys("PUSHOVER_TOKEN", anew=True) == ("ours",)
    with pytest.raises(ConfigurationError, match=r"TWILIO_FROM is not set$"):
        keys("TWILIO_FROM")


class Taking:
    """A channel that takes messages while its key is good."""

    def __init__(self, key, tried):
        self.key = key
        self.tried = tried

    def send(self, message, to):
        self.tried.append(self.key)
        if self.key == "old":
            message_ = "it answered 401"
            raise Refused(message_)
        if self.key == "away":
            message_ = "it answered 503"
            raise Undelivered(message_)
        return Receipt(self.key)


def test_a_key_is_exchanged_without_a_deployment_and_no_message_is_lost_by_it(secrets):
    """What is refused goes again with the new key; as long as none is refused the secret is remembered."""
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"pushover_token": "old"}))
    tried = []
    channel = Renewed(keys_of(), ("PUSHOVER_TOKEN",), lambda key: Taking(key, tried))
    with pytest.raises(Refused):
        channel.send(page(), {})
    secrets.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"pushover_token": "new"}))
    assert channel.send(page(), {}).provider_id == "new"
    secrets.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"pushover_token": "newer"}))
    assert channel.send(page(), {}).provider_id == "new"
    assert tried == ["old", "old", "new", "new"]


def test_a_provider_that_is_away_says_nothing_of_the_key(secrets):
    """The message is tried another time, and not twice at once."""
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"pushover_token": "away"}))
    tried = []
    with pytest.raises(Undelivered, match="503"):
        Renewed(keys_of(), ("PUSHOVER_TOKEN",), lambda key: Taking(key, tried)).send(page(), {})
    assert tried == ["away"]


@pytest.mark.parametrize("held", [None, "{}", "no JSON", '{"pushover_token": 1}'])
def test_a_secret_that_is_none_can_be_set_right(secrets, held):
    """It is told as the provider being away, without what it holds, and the next try reads it again."""
    if held is not None:
        secrets.create_secret(Name=SECRET, SecretString=held)
    channel = Renewed(keys_of(), ("PUSHOVER_TOKEN",), lambda key: Taking(key, []))
    with pytest.raises(Undelivered, match=SECRET) as raised:
        channel.send(page(), {})
    assert type(raised.value) is Undelivered
    assert "no JSON at" not in str(raised.value)
    make, value = (
        (secrets.create_secret, {"Name": SECRET}) if held is None else (secrets.put_secret_value, {"SecretId": SECRET})
    )
    make(**value, SecretString=json.dumps({"pushover_token": "good"}))
    assert channel.send(page(), {}).provider_id == "good"


def test_a_secret_is_remembered_for_a_while(secrets):
    """A quarter of an hour, and longer while AWS gives no answer."""
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"pushover_token": "a"}))
    now = [at(0)]
    keys = keys_of(clock=lambda: now[0])
    assert keys("PUSHOVER_TOKEN") == ("a",)
    secrets.put_secret_value(SecretId=SECRET, SecretString=json.dumps({"pushover_token": "b"}))
    now[0] = at(14)
    assert keys("PUSHOVER_TOKEN") == ("a",)
    now[0] = at(16)
    assert keys("PUSHOVER_TOKEN") == ("b",)
    secrets.delete_secret(SecretId=SECRET, ForceDeleteWithoutRecovery=True)
    now[0] = at(60)
    assert keys("PUSHOVER_TOKEN") == ("b",)


def looked(environ, outbound=None):
    """Return what is looked at."""
    return dict(
        channel_checks(Settings.read(environ), lambda: Aws(REGION, environ), clock=lambda: NOON, outbound=outbound)
    )


def test_what_has_credentials_of_ours_is_tried():
    """And nothing else: who gives none of ours cannot be asked without sending."""
    assert looked({}) == {}
    assert set(looked(MAIL)) == {"mail"}
    environ = TWILIO | {"SES_FROM": "a@b.example", "SMS_PROVIDER": "sns", "PUSHOVER_TOKEN": "t", "SLACK_BOT_TOKEN": "t"}
    environ |= {"GITHUB_TOKEN": "t"}
    assert set(looked(environ)) == {"mail (SES)", "SMS (SNS)", "Twilio", "Pushover", "Slack", "GitHub"}


def test_each_asks_its_provider_and_tells_what_is_wrong():
    """Providers that cannot be reached are told as that, and no key with it."""
    environ = TWILIO | {"PUSHOVER_TOKEN": "hunter2hunter2", "SLACK_BOT_TOKEN": "hunter2hunter2"}
    away = Outbound(resolve=lambda host, port: ["192.0.2.1"])
    for name, look in looked(environ, outbound=lambda: away).items():
        with pytest.raises(Undelivered, match="may not be reached") as raised:
            look()
        nowhere(f"{name} {raised.value!r}", key="hunter2hunter2", token=TWILIO["TWILIO_AUTH_TOKEN"])


def test_the_mail_server_is_tried():
    """As letters would find it."""
    with serving(Mailbox()) as port:
        environ = {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "a@b.example"}
        assert looked(environ)["mail"]().found == "the mail server lets us in"


def test_a_secret_is_tried_and_so_is_what_it_holds(secrets):
    """By name."""
    assert set(looked({"CHANNELS_SECRET_NAME": SECRET, "AWS_REGION": REGION})) == {"keys of channels"}
    secrets.create_secret(Name=SECRET, SecretString=json.dumps({"slack_bot_token": "x"}))
    found = looked({"CHANNELS_SECRET_NAME": SECRET, "AWS_REGION": REGION})
    assert set(found) == {"keys of channels", "Slack"}
    assert found["keys of channels"]().found == "the secret holds slack_bot_token"


def printed(program):
    """Return what a Python of its own prints."""
    done = subprocess.run(
        [sys.executable, "-c", program],
        cwd=ROOT,
        env={"PYTHONPATH": "src"},
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout.strip()


@pytest.mark.parametrize("module", ["sync_handler", "api_handler", "channel_setup"])
def test_a_cold_start_imports_no_channel(module):
    """Each comes with the first page that needs it."""
    names = 'n.startswith("tocsin.channels.") or n in ("apprise", "requests", "smtplib")'
    assert printed(f"import sys, tocsin.entrypoints.{module}; print([n for n in sys.modules if {names}])") == "[]"


def test_apprise_comes_with_its_first_page_alone():
    """It takes most of a second."""
    program = """
import sys
from tocsin.config import Settings
from tocsin.domain.contact import ChannelKind
from tocsin.entrypoints.channel_setup import channels_of
for kind, make in channels_of(Settings(), None, clock=None).items():
    if kind is not ChannelKind.APPRISE:
        make()
print("apprise" in sys.modules, "requests" in sys.modules)
"""
    assert printed(program) == "False False"
