"""Settings: read from the environment and ``.env`` once, checked, and handed on. Nothing else reads them.

:mod:`tocsin.variables` says everything there is to set.
"""

from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from tocsin.addresses import (
    heartbeat_address,
    issuer_address,
    mail_domain,
    mail_server,
    mailbox,
    networks,
    one_address,
    one_network,
    origin,
    public_address,
    redirect_address,
    server_address,
)
from tocsin.errors import ConfigurationError
from tocsin.variables import (
    LONGEST_AGE,
    LONGEST_WAIT,
    MOST_PARALLEL,
    MOST_REQUESTS,
    SHORTEST_EXPIRY,
    VARIABLES,
    Algorithm,
    Variable,
)

if TYPE_CHECKING:
    from tocsin.domain.judging import SeverityRule
    from tocsin.domain.rules import Rules

LONGEST_SHOWN = 60
"""Characters of a wrong value that a message repeats."""

_OF_ALL_TOKENS = frozenset({"oidc_issuer", "oidc_role_claim", "oidc_roles", "oidc_link_by_email"})
"""What external sign-in needs, or takes, whether programs or browsers come with it."""

_BY_FIELD = {variable.field: variable for variable in VARIABLES}


def _split(value: object) -> object:
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _priority(value: object) -> object:
    return value.upper().removeprefix("P") if isinstance(value, str) else value


def _meanings(value: object) -> object:
    """Return what each value of the role claim means; a value may hold an equals sign."""
    if not isinstance(value, str):
        return value
    found = {}
    for part in filter(None, (one.strip() for one in value.split(","))):
        said, _, role = part.rpartition("=")
        if not said.strip() or said.strip() in found:
            message = "no value of the claim, or one twice"
            raise ValueError(message)
        found[said.strip()] = role.strip().lower()
    return found


def _lower(value: object) -> object:
    return value.lower() if isinstance(value, str) else value


def _upper(value: object) -> object:
    return value.upper() if isinstance(value, str) else value


Name = Annotated[str, Field(pattern=r"^[!-~]+$", max_length=512)]
Tag = Annotated[str, Field(pattern=r"^[^\s,:]+$")]
Words = Annotated[tuple[str, ...], BeforeValidator(_split)]
Home = Annotated[Path, AfterValidator(Path.expanduser)]
"""A path in which ``~`` is the home folder, also where no shell saw it."""
SecretName = Annotated[str, Field(pattern=r"^[A-Za-z0-9/_+=.@:-]+$", max_length=2_048)]
Seconds = Annotated[float, Field(ge=0, le=LONGEST_WAIT)]


class Settings(BaseModel):
    """What may be set, checked. Keys never show in a ``repr``."""

    model_config = ConfigDict(frozen=True, extra="forbid", hide_input_in_errors=True)

    datadog_api_key: SecretStr = SecretStr("")
    datadog_app_key: SecretStr = SecretStr("")
    datadog_site: str = "datadoghq.com"
    datadog_api_url: str = Field(default="", repr=False)
    datadog_secret_name: SecretName = ""
    datadog_parameter_path: Annotated[str, Field(pattern=r"^(/[A-Za-z0-9_.-]+)+/?$")] = ""
    incidents_file: Home = Path("incidents.json")
    use_dynamodb: Annotated[bool, BeforeValidator(_lower)] = False
    dynamodb_table_name: Annotated[str, Field(pattern=r"^[A-Za-z0-9_.-]+$", min_length=3, max_length=255)] = "incidents"
    parallel_writes: Annotated[int, Field(ge=1, le=MOST_PARALLEL)] = 8
    aws_region: Annotated[str, Field(pattern=r"^[a-z]{2,}(-[a-z]+)+-[0-9]+$")] = "us-east-1"
    severity_rules: Home | None = None
    auto_resolve: Annotated[Literal["always", "unacknowledged", "never"], BeforeValidator(_lower)] = "always"
    settle_seconds: Seconds = 300
    cycle_seconds: Seconds = 600
    join_seconds: Seconds = 300
    late_seconds: Seconds = 120
    incident_per: Annotated[Literal["monitor", "group"], BeforeValidator(_lower)] = "monitor"
    service_tag: Tag = "service"
    environment_tag: Tag = "env"
    team_tag: Tag = "team"
    include_tags: Words = ()
    exclude_tags: Words = ()
    include_environments: Words = ()
    exclude_environments: Words = ()
    least_priority: Annotated[int | None, Field(ge=1, le=5), BeforeValidator(_priority)] = None
    oldest_alert_seconds: Annotated[float | None, Field(ge=1, le=LONGEST_AGE)] = None
    alert_expires_seconds: Annotated[float | None, Field(ge=SHORTEST_EXPIRY, le=LONGEST_WAIT)] = None
    cors_origins: Annotated[tuple[Annotated[str, AfterValidator(origin)], ...], BeforeValidator(_split)] = ()
    allowed_networks: Annotated[dict[str, tuple[str, ...]], BeforeValidator(networks)] = {}
    trusted_proxy: Annotated[str, AfterValidator(one_address)] = ""
    requests_per_second: Annotated[float, Field(ge=0, le=MOST_REQUESTS)] = 100
    tocsin_server: Annotated[str, AfterValidator(server_address)] = ""
    tocsin_api_key: SecretStr = SecretStr("")
    tocsin_credentials: Home | None = None
    signing_keys_secret: SecretName = ""
    signing_keys_file: Home | None = None
    smtp_url: Annotated[str, AfterValidator(mail_server)] = Field(default="", repr=False)
    smtp_secret_name: SecretName = ""
    mail_from: Annotated[str, AfterValidator(mailbox)] = ""
    ses_from: Annotated[str, AfterValidator(mailbox)] = ""
    sms_provider: Annotated[Literal["none", "sns", "twilio"], BeforeValidator(_lower)] = "none"
    twilio_account_sid: Annotated[str, Field(pattern=r"^AC[0-9a-fA-F]{32}$")] = ""
    twilio_auth_token: SecretStr = SecretStr("")
    twilio_from: Annotated[str, Field(pattern=r"^\+[1-9][0-9]{6,14}$")] = ""
    pushover_token: SecretStr = SecretStr("")
    slack_bot_token: SecretStr = SecretStr("")
    slack_signing_secret: SecretStr = SecretStr("")
    github_token: SecretStr = SecretStr("")
    channels_secret_name: SecretName = ""
    public_url: Annotated[str, AfterValidator(public_address)] = ""
    outbound_allow: Annotated[tuple[Annotated[str, AfterValidator(one_network)], ...], BeforeValidator(_split)] = ()
    signup_domains: Annotated[tuple[Annotated[str, AfterValidator(mail_domain)], ...], BeforeValidator(_split)] = ()
    heartbeat_url: Annotated[str, AfterValidator(heartbeat_address)] = Field(default="", repr=False)
    log_level: Annotated[Literal["DEBUG", "INFO", "WARNING", "ERROR"], BeforeValidator(_upper)] = "WARNING"

    oidc_issuer: Annotated[str, AfterValidator(issuer_address)] = ""
    oidc_audience: Name = ""
    oidc_client_id: Name = ""
    oidc_client_secret: SecretStr = SecretStr("")
    oidc_secret_name: SecretName = ""
    oidc_scopes: Annotated[str, Field(pattern=r"^(?:[!-~]+ +)*openid(?: +[!-~]+)*$")] = "openid email profile"
    oidc_role_claim: Name = ""
    oidc_roles: Annotated[dict[str, Literal["viewer", "responder", "admin"]], BeforeValidator(_meanings)] = {}
    oidc_algorithms: Annotated[tuple[Algorithm, ...], Field(min_length=1), BeforeValidator(_split)] = ("RS256", "ES256")
    oidc_link_by_email: Annotated[bool, BeforeValidator(_lower)] = False
    oidc_redirect_url: Annotated[str, AfterValidator(redirect_address)] = ""

    @classmethod
    def read(cls, environ: Mapping[str, str], dotenv: Path | None = None) -> Self:
        """Return the settings of an environment, completed from the file ``dotenv`` if that exists.

        What is set in the environment goes before the file, under either name. Raises
        :class:`~tocsin.errors.ConfigurationError`, one line that names the variable.
        """
        given = _given(_from_file(dotenv)) | _given(environ)
        try:
            settings = cls.model_validate(given)
        except ValidationError as error:
            field = str(error.errors(include_input=False, include_url=False)[0]["loc"][0])
            raise ConfigurationError(_complaint(_BY_FIELD[field], given[field])) from None
        _whole_issuer(settings)
        return settings

    @property
    def knows_datadog(self) -> bool:
        """True if it is set where Datadog's keys are; whether they are good is seen when they are used."""
        plain = self.datadog_api_key.get_secret_value() or self.datadog_app_key.get_secret_value()
        return bool(plain or self.datadog_secret_name or self.datadog_parameter_path)

    @property
    def sends_letters(self) -> bool:
        """True if it is set who takes letters; whether they do is seen when there is one."""
        return bool(self.smtp_url or self.smtp_secret_name)

    @property
    def letters_from(self) -> str:
        """Whom letters are from. Raises :class:`~tocsin.errors.ConfigurationError` if nothing says."""
        if not self.mail_from:
            name = "SMTP_SECRET_NAME" if self.smtp_secret_name else "SMTP_URL"
            message = f"MAIL_FROM is not set, and {name} is: say whom letters are from"
            raise ConfigurationError(message)
        return self.mail_from

    def keys(self, *, otherwise: str = "") -> tuple[str, str]:
        """Return the API key and the application key.

        Raises :class:`~tocsin.errors.ConfigurationError` if one is missing; ``otherwise`` is what works without.
        """
        found = {
            "DATADOG_API_KEY": self.datadog_api_key.get_secret_value(),
            "DATADOG_APP_KEY": self.datadog_app_key.get_secret_value(),
        }
        missing = [name for name, key in found.items() if not key]
        if missing:
            verb, them = ("is", "it") if len(missing) == 1 else ("are", "them")
            message = f"{' and '.join(missing)} {verb} not set: put {them} into the environment, or as a line NAME=KEY into .env"
            raise ConfigurationError(f"{message}; {otherwise}" if otherwise else message)
        return found["DATADOG_API_KEY"], found["DATADOG_APP_KEY"]

    def rules(self, severities: "tuple[SeverityRule, ...]" = ()) -> "Rules":
        """Return how to decide, with the rules of the severity file, which is read elsewhere."""
        from tocsin.domain.judging import SeverityRules
        from tocsin.domain.rules import AutoResolve, IncidentPer, Rules, Selection

        oldest, expires_in = self.oldest_alert_seconds, self.alert_expires_seconds
        return Rules(
            severities=SeverityRules(rules=severities),
            selection=Selection(
                include_tags=self.include_tags,
                exclude_tags=self.exclude_tags,
                include_environments=self.include_environments,
                exclude_environments=self.exclude_environments,
                least_priority=self.least_priority,
                oldest=None if oldest is None else timedelta(seconds=oldest),
            ),
            auto_resolve=AutoResolve(self.auto_resolve),
            incident_per=IncidentPer(self.incident_per),
            settle=timedelta(seconds=self.settle_seconds),
            between_cycles=timedelta(seconds=self.cycle_seconds),
            joinable=timedelta(seconds=self.join_seconds),
            late=timedelta(seconds=self.late_seconds),
            expires_in=None if expires_in is None else timedelta(seconds=expires_in),
        )


def _whole_issuer(settings: Settings) -> None:
    """Refuse an external sign-in of which a part is missing: nobody could come in, and nobody would know why."""
    given = {name for name in Settings.model_fields if name.startswith("oidc_") and getattr(settings, name)}
    given -= {"oidc_scopes", "oidc_algorithms"}  # they have defaults
    missing = {
        "OIDC_ISSUER": bool(given) and "oidc_issuer" not in given,
        "OIDC_ROLE_CLAIM": bool(given) and "oidc_role_claim" not in given,
        "OIDC_ROLES": bool(given) and "oidc_roles" not in given,
        "OIDC_CLIENT_ID": bool(given - {"oidc_audience", *_OF_ALL_TOKENS}) and "oidc_client_id" not in given,
        "OIDC_CLIENT_ID or OIDC_AUDIENCE": bool(given) and given <= _OF_ALL_TOKENS,
    }
    names = [name for name, is_missing in missing.items() if is_missing]
    if names:
        first = next(one.name for one in VARIABLES if one.field in given)
        message = f"{first} is set, and {', '.join(names)} {'is' if len(names) == 1 else 'are'} not"
        raise ConfigurationError(message, hint="docs/sign-in.md shows whole sets of them")


def secrets_in(environ: Mapping[str, str], dotenv: Path | None = None) -> tuple[str, ...]:
    """Return what must never be shown, whatever state the settings are in."""
    try:
        filed = _from_file(dotenv)
    except ConfigurationError:
        filed = {}
    secret = {name for one in VARIABLES if one.secret for name in (one.name, one.alias)}
    return tuple(
        value.strip() for found in (environ, filed) for name, value in found.items() if name in secret and value
    )


def _given(found: Mapping[str, str | None]) -> dict[str, str]:
    """Return what is set, by field. An empty variable is as good as none: that is how a template comes."""
    values = {
        variable.field: (found.get(variable.name) or found.get(variable.alias) or "").strip() for variable in VARIABLES
    }
    return {field: value for field, value in values.items() if value}


def _from_file(path: Path | None) -> Mapping[str, str | None]:
    if path is None or not path.is_file():
        return {}
    from dotenv.parser import parse_stream

    try:
        # The parser alone: a key may hold a dollar sign, and a line that is passed over must be told.
        with path.open(encoding="utf-8") as stream:
            bindings = list(parse_stream(stream))
    except (OSError, UnicodeDecodeError) as error:
        why = error.strerror if isinstance(error, OSError) else "it is not UTF-8 text"
        message = f"{path} cannot be read: {why}"
        raise ConfigurationError(message) from None
    for binding in bindings:
        if binding.error:
            message = f"{path}, line {binding.original.line}: this is not NAME=VALUE; # begins a comment"
            raise ConfigurationError(message)
    return {binding.key: binding.value for binding in bindings if binding.key}


def _complaint(variable: Variable, value: str) -> str:
    from difflib import get_close_matches

    # A part of a value is not shown: it might be the part of a key, which nothing further on would recognise.
    said = "" if variable.secret or len(value) > LONGEST_SHOWN else f" is '{value}', but"
    nearest = get_close_matches(value.lower(), [word.lower() for word in variable.words], n=1)
    meant = next((f"; did you mean {word}?" for word in variable.words if word.lower() in nearest), "")
    return f"{variable.name}{said} takes {variable.takes}{meant}"
