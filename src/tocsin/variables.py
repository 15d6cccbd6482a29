"""Everything there is to set, variable by variable: what it means, what it takes, and its bounds.

The settings are read by it, and the tables of the documents are tested against it.
"""

from typing import Literal, NamedTuple, get_args

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
LONGEST_WAIT = 7 * 86_400
"""Seconds. A settling time or pause beyond a week is a mistyped one."""
SHORTEST_EXPIRY = 60
"""Seconds: the pace of the clock that ends alerts."""
LONGEST_AGE = 10 * 365 * 86_400
MOST_REQUESTS = 100_000
Algorithm = Literal["RS256", "RS384", "RS512", "PS256", "PS384", "PS512", "ES256", "ES384", "ES512", "EdDSA"]
"""Signatures that only the issuer can make: never ``none``, nor what a shared key signs."""
MOST_PARALLEL = 64
"""Each is a thread with a connection of its own."""


class Variable(NamedTuple):
    """One environment variable: what it means, what it takes (after "takes"), and its default as one would write it."""

    name: str
    default: str
    meaning: str
    takes: str
    words: tuple[str, ...] = ()
    alias: str = ""
    secret: bool = False

    @property
    def field(self) -> str:
        """The field of :class:`Settings` that holds it."""
        return self.name.lower()


VARIABLES = (
    Variable(
        "DATADOG_API_KEY", "", "API key of the Datadog organisation.", "an API key", alias="DD_API_KEY", secret=True
    ),
    Variable(
        "DATADOG_APP_KEY",
        "",
        "Application key; it needs to read monitors (scope `monitors_read`).",
        "an application key",
        alias="DD_APP_KEY",
        secret=True,
    ),
    Variable(
        "DATADOG_SITE", "datadoghq.com", "The Datadog site that the organisation lives on.", "a site", alias="DD_SITE"
    ),
    Variable(
        "DATADOG_API_URL",
        "",
        "A proxy or the simulated Datadog, in place of the site's own address; https, except on this machine.",
        "an address",
        secret=True,  # it may hold a password
    ),
    Variable(
        "DATADOG_SECRET_NAME",
        "",
        "A secret in AWS Secrets Manager that holds the two keys as JSON; it goes before keys that are set here.",
        "the name or ARN of a secret",
    ),
    Variable(
        "DATADOG_PARAMETER_PATH",
        "",
        "A path in the AWS SSM parameter store with the keys beneath it, as `api_key` and `app_key`.",
        "a path that begins with /",
    ),
    Variable("INCIDENTS_FILE", "incidents.json", "The file that holds the incidents.", "the path of a file"),
    Variable(
        "USE_DYNAMODB",
        "false",
        "Keep the incidents in DynamoDB in place of the file.",
        "true or false",
        ("true", "false"),
    ),
    Variable(
        "DYNAMODB_TABLE_NAME",
        "incidents",
        "The DynamoDB table that holds the incidents.",
        "the name of a table: 3 to 255 letters, digits, _, - and .",
    ),
    Variable(
        "PARALLEL_WRITES",
        "8",
        "How many changes of one sweep are written to DynamoDB side by side.",
        f"a whole number from 1 to {MOST_PARALLEL}",
    ),
    Variable(
        "AWS_REGION",
        "us-east-1",
        "The AWS region of table and secret; AWS sets it itself.",
        "an AWS region",
        alias="AWS_DEFAULT_REGION",
    ),
    Variable(
        "SEVERITY_RULES", "", "A TOML file of severity rules that come before the built-in ones.", "the path of a file"
    ),
    Variable(
        "AUTO_RESOLVE",
        "always",
        "What resolves by itself once it is quiet: `always`, `unacknowledged` (what nobody took on), `never`.",
        "always, unacknowledged or never",
        words=("always", "unacknowledged", "never"),
    ),
    Variable(
        "SETTLE_SECONDS",
        "300",
        "How long nothing may fire before an incident resolves.",
        f"seconds from 0 to {LONGEST_WAIT}",
    ),
    Variable(
        "CYCLE_SECONDS",
        "600",
        "The least time between two further escalation cycles of one incident.",
        f"seconds from 0 to {LONGEST_WAIT}",
    ),
    Variable(
        "JOIN_SECONDS",
        "300",
        "How long after an incident was opened further alerts that are pushed may join it.",
        f"seconds from 0 to {LONGEST_WAIT}",
    ),
    Variable(
        "LATE_SECONDS",
        "120",
        "How long after it ended the same news of an alert is late news, and opens nothing.",
        f"seconds from 0 to {LONGEST_WAIT}",
    ),
    Variable(
        "INCIDENT_PER",
        "monitor",
        "What one incident stands for: a `monitor` with all its groups, or each `group`.",
        "monitor or group",
        words=("monitor", "group"),
    ),
    Variable("SERVICE_TAG", "service", "The tag that names the service.", "the name of one tag"),
    Variable("ENVIRONMENT_TAG", "env", "The tag that names the environment.", "the name of one tag"),
    Variable("TEAM_TAG", "team", "The tag that names the team.", "the name of one tag"),
    Variable("INCLUDE_TAGS", "", "Only alerts with one of these tags open incidents.", "tags with commas between"),
    Variable("EXCLUDE_TAGS", "", "Alerts with one of these tags open no incidents.", "tags with commas between"),
    Variable(
        "INCLUDE_ENVIRONMENTS", "", "Only alerts of these environments open incidents.", "names with commas between"
    ),
    Variable(
        "EXCLUDE_ENVIRONMENTS", "", "Alerts of these environments open no incidents.", "names with commas between"
    ),
    Variable(
        "LEAST_PRIORITY",
        "",
        "The least monitor priority that opens an incident: 3 lets P1 to P3 through. No priority always passes.",
        "a number from 1 to 5",
    ),
    Variable(
        "OLDEST_ALERT_SECONDS",
        "",
        "An alert that began longer ago than this opens no incident.",
        f"seconds from 1 to {LONGEST_AGE}",
    ),
    Variable(
        "ALERT_EXPIRES_SECONDS",
        "",
        "An alert from Elastic or a script that is not repeated for so long is over. Not set: never.",
        f"seconds from {SHORTEST_EXPIRY} to {LONGEST_WAIT}",
    ),
    Variable(
        "CORS_ORIGINS",
        "",
        "Whose pages may read the API's answers in a browser: origins such as `https://ops.example.com`, or `*`.",
        "origins with commas between, or *",
    ),
    Variable(
        "ALLOWED_NETWORKS",
        "",
        "Where a source's alerts may come from, as `alertmanager=10.0.0.0/8 10.1.0.0/16,datadog=192.0.2.0/24`; "
        "a source that is not named may come from anywhere.",
        "SOURCE=NETWORK, with spaces between the networks of a source, and commas between sources",
    ),
    Variable(
        "TRUSTED_PROXY",
        "",
        "The proxy before `serve` that is believed where a request comes from (the last of `X-Forwarded-For`); "
        "without it all who come through one are one sender.",
        "an IP address, as connections from the proxy show it",
    ),
    Variable(
        "REQUESTS_PER_SECOND",
        "100",
        "How many requests of one API key a process answers in a second; 0 sets no limit.",
        f"a number from 0 to {MOST_REQUESTS}",
    ),
    Variable(
        "TOCSIN_SERVER",
        "",
        "A server whose incidents the command line works on, in place of a store; https, except on this machine.",
        "an address",
    ),
    Variable("TOCSIN_API_KEY", "", "The API key for that server, and for `send`.", "an API key", secret=True),
    Variable(
        "TOCSIN_CREDENTIALS",
        "",
        "The file that `login` keeps its tokens in; `tocsin/credentials.json` in your configuration folder unless given.",
        "the path of a file",
    ),
    Variable(
        "SIGNING_KEYS_SECRET",
        "",
        "A secret in AWS Secrets Manager that holds the keys that sign-ins are signed with, as JSON.",
        "the name or ARN of a secret",
    ),
    Variable(
        "SIGNING_KEYS_FILE",
        "",
        "The file that holds these keys where no secret does; `INCIDENTS_FILE` with `.keys` behind it unless given.",
        "the path of a file",
    ),
    Variable(
        "SMTP_URL",
        "",
        "The mail server that letters to people go to, as `smtp://USER:PASSWORD@HOST:587` (STARTTLS) or `smtps://...`; "
        "without one there are none.",
        "smtp://HOST or smtps://HOST, with USER:PASSWORD@ before it and :PORT behind it if need be",
        secret=True,
    ),
    Variable(
        "SMTP_SECRET_NAME",
        "",
        'A secret in AWS Secrets Manager that holds that as `{"url": "smtps://..."}`; it goes before one that is set here.',
        "the name or ARN of a secret",
    ),
    Variable(
        "MAIL_FROM", "", "Whom letters are from; needed with a mail server.", "an address such as ops@example.com"
    ),
    Variable(
        "SES_FROM",
        "",
        "Whom pages by mail are from, a verified identity of Amazon SES, which then sends them in place of the mail server.",
        "an address such as ops@example.com",
    ),
    Variable(
        "SMS_PROVIDER",
        "none",
        "Who sends SMS: `none`, `sns` with the AWS credentials, or `twilio`.",
        "none, sns or twilio",
        words=("none", "sns", "twilio"),
    ),
    Variable("TWILIO_ACCOUNT_SID", "", "The Twilio account that calls, and sends SMS.", "AC and 32 hexadecimal digits"),
    Variable("TWILIO_AUTH_TOKEN", "", "Its auth token.", "an auth token", secret=True),
    Variable("TWILIO_FROM", "", "Its number that calls and SMS are from.", "a number such as +4915112345678"),
    Variable("PUSHOVER_TOKEN", "", "The token of the Pushover application that pages.", "a token", secret=True),
    Variable("SLACK_BOT_TOKEN", "", "The bot token of a Slack app, for messages with buttons.", "a token", secret=True),
    Variable("SLACK_SIGNING_SECRET", "", "What that app signs its requests with.", "a signing secret", secret=True),
    Variable("GITHUB_TOKEN", "", "A GitHub token that may open issues, for `create_issue`.", "a token", secret=True),
    Variable(
        "CHANNELS_SECRET_NAME",
        "",
        "A secret in AWS Secrets Manager that holds the seven above as JSON, by their names in small letters; what it holds "
        "goes before what is set here.",
        "the name or ARN of a secret",
    ),
    Variable(
        "PUBLIC_URL",
        "",
        "This API as it is reached from outside, such as `https://tocsin.example.com`: what links in pages, and calls, "
        "begin with; without it pages have none. https, except on this machine.",
        "an address without a path",
    ),
    Variable(
        "OUTBOUND_ALLOW",
        "",
        "Networks that webhooks may reach although they are not public, over http too.",
        "networks such as 10.1.0.0/16 with commas between",
    ),
    Variable(
        "SIGNUP_DOMAINS",
        "",
        "Whose mail is in one of these domains may sign up, as a viewer; needs a mail server. Not set: nobody.",
        "domains with commas between",
    ),
    Variable(
        "HEARTBEAT_URL",
        "",
        "An address that `serve`, and the pager on AWS, call after each round in which all that was due was done, so that "
        "somebody else notices when it stops; https, except on this machine.",
        "https://HOST/..., with whatever path and query it has",
        secret=True,
    ),
    Variable(
        "LOG_LEVEL",
        "WARNING",
        "What is logged to standard error: `DEBUG`, `INFO`, `WARNING` or `ERROR`.",
        "DEBUG, INFO, WARNING or ERROR",
        words=LOG_LEVELS,
    ),
    Variable(
        "OIDC_ISSUER",
        "",
        "The OIDC issuer that people may sign in with, word for word as it names itself; https, except on this machine.",
        "an https address without a query",
    ),
    Variable(
        "OIDC_AUDIENCE",
        "",
        "The audience of the issuer's access tokens that the API takes; not set: it takes none.",
        "a name without spaces",
    ),
    Variable(
        "OIDC_CLIENT_ID",
        "",
        "The client that this is at the issuer, for people who sign in with a browser.",
        "a name without spaces",
    ),
    Variable("OIDC_CLIENT_SECRET", "", "That client's secret, if it has one.", "a client secret", secret=True),
    Variable(
        "OIDC_SECRET_NAME",
        "",
        'A secret in AWS Secrets Manager that holds `{"client_secret": "..."}`; it goes before one that is set here.',
        "the name or ARN of a secret",
    ),
    Variable(
        "OIDC_SCOPES",
        "openid email profile",
        "What the issuer is asked to tell of a person.",
        "scopes with spaces between, openid among them",
    ),
    Variable(
        "OIDC_ROLE_CLAIM",
        "",
        "The claim that says what a person may do, as `groups` or `realm_access.roles`.",
        "the name of a claim, or the path to it with dots between",
    ),
    Variable(
        "OIDC_ROLES",
        "",
        "What the values of that claim mean here, as `oncall=responder,sre-admins=admin`; the highest one counts.",
        "VALUE=ROLE with commas between; the roles are viewer, responder and admin",
    ),
    Variable(
        "OIDC_ALGORITHMS",
        "RS256,ES256",
        "What the issuer's tokens may be signed with.",
        f"some of {', '.join(get_args(Algorithm))} with commas between",
    ),
    Variable(
        "OIDC_LINK_BY_EMAIL",
        "false",
        "Whether who signs in with the issuer takes over the user who has that address already.",
        "true or false",
        ("true", "false"),
    ),
    Variable(
        "OIDC_REDIRECT_URL",
        "",
        "Where the issuer sends people back to, if that is not the address that they came by; it ends with "
        "`/api/v1/auth/oidc/callback`.",
        "an https address that ends with /api/v1/auth/oidc/callback",
    ),
)
"""Every setting. An unset or empty variable has its default."""
