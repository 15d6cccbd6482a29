from datetime import timedelta
from pathlib import Path
from typing import get_args

import pytest

from tocsin.config import Settings, secrets_in
from tocsin.domain.access import UserRole
from tocsin.domain.rules import AutoResolve, IncidentPer, Rules
from tocsin.errors import ConfigurationError
from tocsin.identity.issuer_documents import KEYS_FOR
from tocsin.variables import LONGEST_WAIT, VARIABLES, Algorithm

KEYS = {"DATADOG_API_KEY": "an-api-key", "DATADOG_APP_KEY": "an-app-key"}


def test_with_nothing_set_everything_has_its_default():
    """The settings' and the domain's defaults are the same."""
    assert Settings.read({}) == Settings()
    assert Settings().rules() == Rules()


def test_each_variable_is_described_once_with_the_default_that_it_has():
    """The tables of the documents are made of these descriptions."""
    assert [one.field for one in VARIABLES] == list(Settings.model_fields)
    named = {one.name: one.default for one in VARIABLES if one.default}
    assert Settings.read(named) == Settings()
    assert all(one.meaning.endswith(".") and one.takes for one in VARIABLES)


def test_words_are_those_of_the_domain():
    """A choice added there must be settable here."""
    words = {one.name: one.words for one in VARIABLES}
    assert words["AUTO_RESOLVE"] == tuple(AutoResolve)
    assert words["INCIDENT_PER"] == tuple(IncidentPer)


def test_everything_that_can_be_set_arrives():
    """Each rule and selection, in any letter case, with the odd space and comma."""
    settings = Settings.read(
        {
            "AUTO_RESOLVE": "Never",
            "SETTLE_SECONDS": "0",
            "CYCLE_SECONDS": "90.5",
            "JOIN_SECONDS": "45",
            "LATE_SECONDS": "20",
            "ALERT_EXPIRES_SECONDS": "3600",
            "INCIDENT_PER": "group",
            "INCLUDE_TAGS": "team:shop, env:prod ,",
            "EXCLUDE_TAGS": "noisy:yes",
            "INCLUDE_ENVIRONMENTS": "prod",
            "EXCLUDE_ENVIRONMENTS": "dev,test",
            "LEAST_PRIORITY": "P3",
            "OLDEST_ALERT_SECONDS": "3600",
            "LOG_LEVEL": "debug",
        }
    )
    rules = settings.rules()
    assert (rules.auto_resolve, rules.incident_per) == (AutoResolve.NEVER, IncidentPer.GROUP)
    assert (rules.settle, rules.between_cycles) == (timedelta(0), timedelta(seconds=90.5))
    assert (rules.joinable, rules.expires_in) == (timedelta(seconds=45), timedelta(hours=1))
    assert rules.late == timedelta(seconds=20)
    assert rules.selection.include_tags == ("team:shop", "env:prod")
    assert rules.selection.exclude_environments == ("dev", "test")
    assert (rules.selection.least_priority, rules.selection.oldest) == (3, timedelta(hours=1))
    assert settings.log_level == "DEBUG"


@pytest.mark.parametrize(
    "variable, value, says",
    [
        (
            "AUTO_RESOLVE",
            "nevr",
            "AUTO_RESOLVE is 'nevr', but takes always, unacknowledged or never; did you mean never?",
        ),
        ("INCIDENT_PER", "host", "INCIDENT_PER is 'host', but takes monitor or group"),
        ("SETTLE_SECONDS", "soon", f"SETTLE_SECONDS is 'soon', but takes seconds from 0 to {LONGEST_WAIT}"),
        ("SETTLE_SECONDS", "-1", "SETTLE_SECONDS is '-1'"),
        ("PARALLEL_WRITES", "0", "PARALLEL_WRITES is '0', but takes a whole number from 1 to 64"),
        ("PARALLEL_WRITES", "2.5", "PARALLEL_WRITES is '2.5'"),
        ("SETTLE_SECONDS", "nan", "SETTLE_SECONDS is 'nan'"),
        ("CYCLE_SECONDS", "inf", "CYCLE_SECONDS is 'inf'"),
        ("LEAST_PRIORITY", "6", "LEAST_PRIORITY is '6', but takes a number from 1 to 5"),
        ("OLDEST_ALERT_SECONDS", "0", "OLDEST_ALERT_SECONDS is '0'"),
        ("ALERT_EXPIRES_SECONDS", "59", f"ALERT_EXPIRES_SECONDS is '59', but takes seconds from 60 to {LONGEST_WAIT}"),
        ("USE_DYNAMODB", "yess", "USE_DYNAMODB is 'yess', but takes true or false"),
        ("USE_DYNAMODB", "flase", "USE_DYNAMODB is 'flase', but takes true or false; did you mean false?"),
        ("DYNAMODB_TABLE_NAME", "my table", "DYNAMODB_TABLE_NAME is 'my table', but takes the name of a table"),
        ("AWS_REGION", "Frankfurt", "AWS_REGION is 'Frankfurt', but takes an AWS region"),
        ("DATADOG_PARAMETER_PATH", "tocsin", "DATADOG_PARAMETER_PATH is 'tocsin', but takes a path that begins with /"),
        ("DATADOG_SECRET_NAME", "a b", "DATADOG_SECRET_NAME is 'a b', but takes the name or ARN of a secret"),
        ("SERVICE_TAG", "service,app", "SERVICE_TAG is 'service,app', but takes the name of one tag"),
        ("LOG_LEVEL", "warn", "LOG_LEVEL is 'warn', but takes DEBUG, INFO, WARNING or ERROR; did you mean WARNING?"),
        ("LOG_LEVEL", "x" * 5_000, "LOG_LEVEL takes DEBUG"),
    ],
)
def test_a_wrong_value_is_one_line_with_the_variable_and_what_it_takes(variable, value, says):
    """And the nearest word; a value too long to be a mistype is not repeated."""
    with pytest.raises(ConfigurationError) as wrong:
        Settings.read({variable: value})
    assert str(wrong.value).startswith(says)
    assert "\n" not in str(wrong.value)
    assert len(str(wrong.value)) < 200


def test_variables_of_others_are_no_business_of_ours():
    """Other programs share the environment."""
    assert Settings.read({"PATH": "/bin", "DATADOG_NONSENSE": "1", "AWS_PROFILE": "perhaps"}) == Settings()


def test_an_empty_or_blank_variable_counts_as_not_set():
    """That is how a template comes."""
    assert Settings.read({"SETTLE_SECONDS": "", "DATADOG_SITE": "  "}) == Settings()


def test_the_official_clients_names_work_and_ours_go_first():
    """Who has DD_API_KEY set already needs nothing more."""
    settings = Settings.read({"DD_API_KEY": "theirs", "DATADOG_API_KEY": "ours", "DD_SITE": "datadoghq.eu"})
    assert settings.datadog_api_key.get_secret_value() == "ours"
    assert settings.datadog_site == "datadoghq.eu"


def test_the_environment_goes_before_the_file_under_either_name(tmp_path):
    """DD_SITE in the environment beats DATADOG_SITE in .env; dollar signs stay as they are."""
    dotenv = tmp_path / ".env"
    dotenv.write_text(
        "# comment\nDATADOG_API_KEY='quo$ted${HOME}'\nexport SETTLE_SECONDS=60\nDATADOG_SITE=us3.datadoghq.com\n"
    )
    settings = Settings.read({"DD_SITE": "datadoghq.eu"}, dotenv)
    assert settings.datadog_api_key.get_secret_value() == "quo$ted${HOME}"
    assert (settings.settle_seconds, settings.datadog_site) == (60, "datadoghq.eu")


def test_a_file_that_is_not_there_changes_nothing(tmp_path):
    """An .env is a convenience, and no duty."""
    assert Settings.read({}, tmp_path / ".env") == Settings()


def test_a_file_that_cannot_be_read_is_named(tmp_path):
    """And keeps nobody from knowing which keys to hide."""
    dotenv = tmp_path / ".env"
    dotenv.write_bytes(b"DATADOG_API_KEY=\xff\n")
    with pytest.raises(ConfigurationError, match=r"\.env cannot be read: it is not UTF-8 text"):
        Settings.read({}, dotenv)
    assert secrets_in(KEYS, dotenv) == tuple(KEYS.values())


def test_keys_come_together_or_one_line_says_which_is_missing():
    """And what works without them."""
    assert Settings.read(KEYS).keys() == ("an-api-key", "an-app-key")
    with pytest.raises(ConfigurationError, match=r"^DATADOG_APP_KEY is not set: put it .* into \.env$"):
        Settings.read({"DATADOG_API_KEY": "k"}).keys()
    with pytest.raises(
        ConfigurationError, match=r"^DATADOG_API_KEY and DATADOG_APP_KEY are not set: .*; the demo works$"
    ):
        Settings().keys(otherwise="the demo works")


def test_a_key_is_in_no_text_that_is_made_of_settings():
    """Whoever prints or logs the settings gives nothing away."""
    settings = Settings.read(KEYS | {"DATADOG_API_URL": "http://user:pass@127.0.0.1"})
    for text in (repr(settings), str(settings), settings.model_dump_json()):
        assert "an-api-key" not in text
        assert "an-app-key" not in text
    assert "pass" not in repr(settings)


def test_what_must_never_be_shown_is_known_whatever_the_settings_are(tmp_path):
    """Wrong settings are when messages are written."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("DD_APP_KEY=filed\n")
    found = secrets_in(KEYS | {"SETTLE_SECONDS": "soon", "DATADOG_API_URL": "http://u:p@h"}, dotenv)
    assert set(found) == {"an-api-key", "an-app-key", "http://u:p@h", "filed"}


def test_a_line_that_is_no_setting_is_named_and_not_passed_over(tmp_path):
    """A key that was lost to a typing mistake must not look like a key that is not set; its text is not shown."""
    dotenv = tmp_path / ".env"
    dotenv.write_text("# keys\nDATADOG_API_KEY='secret\n")
    with pytest.raises(ConfigurationError, match=r"\.env, line 2: this is not NAME=VALUE") as refusal:
        Settings.read({}, dotenv)
    assert "secret" not in str(refusal.value)


def test_a_tilde_is_the_home_folder_where_no_shell_saw_it():
    """As it is in a line of .env."""
    assert Settings.read({"INCIDENTS_FILE": "~/night.json"}).incidents_file == Path.home() / "night.json"


@pytest.mark.parametrize(
    "said, kept",
    [
        ("https://ops.example.com", ("https://ops.example.com",)),
        ("https://OPS.example.com/, http://localhost:5173", ("https://ops.example.com", "http://localhost:5173")),
        ("http://[::1]:5173", ("http://[::1]:5173",)),
        ("*", ("*",)),
        ("", ()),
    ],
)
def test_origins_are_as_browsers_say_them(said, kept):
    """Scheme and host in small letters, without a slash at the end."""
    assert Settings.read({"CORS_ORIGINS": said}).cors_origins == kept


def test_networks_are_given_by_source():
    """One address is a network of its own; letter case does not count."""
    settings = Settings.read({"ALLOWED_NETWORKS": "Alertmanager=10.0.0.0/8 2001:db8::/32, datadog=192.0.2.7"})
    assert settings.allowed_networks == {
        "alertmanager": ("10.0.0.0/8", "2001:db8::/32"),
        "datadog": ("192.0.2.7/32",),
    }


@pytest.mark.parametrize(
    "name, said",
    [
        ("CORS_ORIGINS", "ops.example.com"),
        ("CORS_ORIGINS", "https://ops.example.com/path"),
        ("CORS_ORIGINS", "https://*.example.com"),
        ("ALLOWED_NETWORKS", "10.0.0.0/8"),
        ("ALLOWED_NETWORKS", "prometheus=10.0.0.0/8"),
        ("ALLOWED_NETWORKS", "datadog="),
        ("ALLOWED_NETWORKS", "datadog=10.0.0.1/8"),
        ("ALLOWED_NETWORKS", "datadog=everywhere"),
        ("TRUSTED_PROXY", "*"),
        ("TRUSTED_PROXY", "proxy.example.com"),
        ("TRUSTED_PROXY", "10.0.0.0/8"),
        ("REQUESTS_PER_SECOND", "-1"),
        ("REQUESTS_PER_SECOND", "many"),
        ("TOCSIN_SERVER", "http://example.com"),
        ("TOCSIN_SERVER", "https://ann:secret@example.com"),
    ],
)
def test_what_cannot_be_at_the_edge_is_refused_by_its_name(name, said):
    """In one line, before anything is served or asked."""
    with pytest.raises(ConfigurationError, match=name):
        Settings.read({name: said})


def test_datadog_is_known_where_its_keys_may_be():
    """In the settings, a secret or parameters; half of them is enough to want the other half."""
    assert not Settings.read({}).knows_datadog
    for name in ("DATADOG_API_KEY", "DATADOG_APP_KEY", "DATADOG_SECRET_NAME"):
        assert Settings.read({name: "x"}).knows_datadog
    assert Settings.read({"DATADOG_PARAMETER_PATH": "/x"}).knows_datadog


OIDC = {
    "OIDC_ISSUER": "https://id.example.com/realms/ops",
    "OIDC_CLIENT_ID": "tocsin",
    "OIDC_ROLE_CLAIM": "realm_access.roles",
    "OIDC_ROLES": "oncall=responder, sre=admins=Admin ,",
}


def test_an_issuer_is_set_with_all_that_it_takes():
    """Its name letter by letter; a value of the claim may hold an equals sign."""
    settings = Settings.read(OIDC | {"OIDC_ALGORITHMS": "PS256, EdDSA", "OIDC_LINK_BY_EMAIL": "True"})
    assert settings.oidc_issuer == "https://id.example.com/realms/ops"
    assert settings.oidc_roles == {"oncall": "responder", "sre=admins": "admin"}
    assert (settings.oidc_algorithms, settings.oidc_link_by_email) == (("PS256", "EdDSA"), True)
    assert Settings.read(OIDC | {"OIDC_ISSUER": "https://a.example.com/"}).oidc_issuer == "https://a.example.com/"


def test_roles_and_algorithms_are_those_of_the_domain_and_of_the_adapter():
    """What can be set can be used."""
    roles = ",".join(f"{role}={role}" for role in UserRole)
    assert set(Settings.read(OIDC | {"OIDC_ROLES": roles}).oidc_roles.values()) == set(UserRole)
    assert set(get_args(Algorithm)) == set(KEYS_FOR)


@pytest.mark.parametrize(
    "name, said",
    [
        ("OIDC_ISSUER", "http://id.example.com"),
        ("OIDC_ISSUER", "id.example.com"),
        ("OIDC_ISSUER", "https://id.example.com?x=1"),
        ("OIDC_ISSUER", "https://ann:secret@id.example.com"),
        ("OIDC_AUDIENCE", "a b"),
        ("OIDC_CLIENT_ID", "a b"),
        ("OIDC_SECRET_NAME", "a b"),
        ("OIDC_SCOPES", "email profile"),
        ("OIDC_SCOPES", "openidx"),
        ("OIDC_ROLE_CLAIM", "a b"),
        ("OIDC_ROLES", "oncall"),
        ("OIDC_ROLES", "=admin"),
        ("OIDC_ROLES", "oncall=owner"),
        ("OIDC_ROLES", "oncall=viewer,oncall=admin"),
        ("OIDC_ALGORITHMS", "none"),
        ("OIDC_ALGORITHMS", "RS256,HS256"),
        ("OIDC_ALGORITHMS", ","),
        ("OIDC_LINK_BY_EMAIL", "perhaps"),
        ("OIDC_REDIRECT_URL", "http://tocsin.example.com/api/v1/auth/oidc/callback"),
        ("OIDC_REDIRECT_URL", "https://tocsin.example.com/"),
    ],
)
def test_what_cannot_be_of_an_issuer_is_refused_by_its_name(name, said):
    """In one line, before anything is served."""
    with pytest.raises(ConfigurationError, match=f"^{name} ") as wrong:
        Settings.read(OIDC | {name: said})
    assert "\n" not in str(wrong.value)


@pytest.mark.parametrize(
    "given, says",
    [
        ({"OIDC_ISSUER": ""}, "OIDC_CLIENT_ID is set, and OIDC_ISSUER is not"),
        ({"OIDC_ROLES": ""}, "OIDC_ISSUER is set, and OIDC_ROLES is not"),
        ({"OIDC_ROLES": "", "OIDC_ROLE_CLAIM": ""}, "OIDC_ISSUER is set, and OIDC_ROLE_CLAIM, OIDC_ROLES are not"),
        ({"OIDC_CLIENT_ID": ""}, "OIDC_ISSUER is set, and OIDC_CLIENT_ID or OIDC_AUDIENCE is not"),
        (
            {"OIDC_CLIENT_ID": "", "OIDC_AUDIENCE": "x", "OIDC_CLIENT_SECRET": "s"},
            "OIDC_ISSUER is set, and OIDC_CLIENT_ID is not",
        ),
        (
            dict.fromkeys(OIDC, "") | {"OIDC_LINK_BY_EMAIL": "true"},
            "OIDC_LINK_BY_EMAIL is set, and OIDC_ISSUER, OIDC_ROLE_CLAIM, OIDC_ROLES, OIDC_CLIENT_ID or OIDC_AUDIENCE are not",
        ),
    ],
)
def test_half_an_issuer_is_refused_with_what_is_missing(given, says):
    """Nobody could come in, and nobody would know why."""
    with pytest.raises(ConfigurationError) as wrong:
        Settings.read(OIDC | given)
    assert str(wrong.value) == says


def test_an_audience_alone_is_enough():
    """Where nobody comes with a browser."""
    assert Settings.read(OIDC | {"OIDC_CLIENT_ID": "", "OIDC_AUDIENCE": "tocsin-api"}).oidc_audience == "tocsin-api"


def test_the_secret_of_a_client_is_in_no_text_that_is_made_of_settings():
    """And is among what no log shows."""
    given = OIDC | {"OIDC_CLIENT_SECRET": "hush"}
    assert "hush" not in f"{Settings.read(given)!r} {Settings.read(given).model_dump_json()}"
    assert secrets_in(given) == ("hush",)


def test_a_mail_server_is_an_address_with_a_password_that_never_shows():
    """Neither in a repr nor in what is wrong with it."""
    url = "smtps://ops%40example.com:hunter2hunter2@mail.example.com:465"
    settings = Settings.read(
        {"SMTP_URL": url, "MAIL_FROM": "Tocsin <ops@example.com>", "SIGNUP_DOMAINS": "Example.com, @b.example"}
    )
    assert settings.smtp_url == url
    assert settings.signup_domains == ("example.com", "b.example")
    assert "hunter2" not in repr(settings)
    assert url in secrets_in({"SMTP_URL": url})


@pytest.mark.parametrize(
    "url", ["https://hc.example.com/ping/hunter2?x=1", "http://127.0.0.1:8000", "https://h?key=hunter2"]
)
def test_the_address_of_our_own_heartbeat_never_shows(url):
    """It may hold a secret."""
    settings = Settings.read({"HEARTBEAT_URL": url})
    assert settings.heartbeat_url == url
    assert url not in repr(settings)
    assert secrets_in({"HEARTBEAT_URL": url}) == (url,)


@pytest.mark.parametrize(
    "name, value",
    [
        ("SMTP_URL", "http://mail.example.com"),
        ("SMTP_URL", "smtp://"),
        ("SMTP_URL", "smtp://mail.example.com:99999"),
        ("SMTP_URL", "smtp://mail.example.com:x"),
        ("SMTP_URL", "smtp://hunter2hunter2@mail.example.com"),
        ("SMTP_URL", "smtp://user:pass/word@mail.example.com"),
        ("SMTP_URL", "mail.example.com:25"),
        ("HEARTBEAT_URL", "http://hc.example.com/hunter2hunter2"),
        ("HEARTBEAT_URL", "https://user:hunter2hunter2@hc.example.com"),
        ("HEARTBEAT_URL", "hc.example.com"),
        ("HEARTBEAT_URL", "ftp://127.0.0.1/"),
        ("PUBLIC_URL", "http://tocsin.example.com"),
        ("PUBLIC_URL", "https://user@tocsin.example.com"),
        ("PUBLIC_URL", "https://tocsin.example.com/path"),
        ("MAIL_FROM", "nobody"),
        ("MAIL_FROM", "a@b\r\nBcc: c@d"),
        ("SIGNUP_DOMAINS", "example.com,*"),
        ("SIGNUP_DOMAINS", "com"),
    ],
)
def test_what_is_no_mail_server_address_sender_or_domain_is_refused(name, value):
    """In a line that names the variable and repeats no password."""
    with pytest.raises(ConfigurationError, match=f"^{name}") as raised:
        Settings.read({name: value})
    assert "hunter2" not in str(raised.value)
