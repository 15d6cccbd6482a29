"""Where the signing keys are, as the settings say; and what the API makes of them on AWS."""

import json

import boto3
import pytest
from botocore.exceptions import ClientError, ConnectTimeoutError

from tests import tables
from tests.desk import NOON
from tests.entrypoints.test_api_handler import Function
from tests.tables import REGION
from tocsin.config import Settings
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.aws import Aws
from tocsin.entrypoints.key_places import key_place
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.errors import ConfigurationError, StoreUnreachable
from tocsin.identity.signing_keys import KeyFile, KeySecret, NoKeys, SigningKey, SigningKeys
from tocsin.services.auditing import AuditLog
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.usefixtures("quiet_logs")

NAME = "tocsin-signing-keys"
ONE, TWO = "1" * 64, "2" * 64
SESSIONS = "/api/v1/auth/sessions"


def place(environ=None, **settings):
    return key_place(Settings.read(settings), lambda: Aws(REGION, {}), environ or {}, new_secret=lambda: "3" * 43)


@pytest.fixture
def secret(moto):
    """Return a client; the secret has one key, as the stack makes it."""
    client = boto3.session.Session().client("secretsmanager", region_name=REGION)
    client.create_secret(Name=NAME, SecretString=json.dumps({"current": ONE, "previous": ""}))
    return client


def test_a_secret_goes_before_a_file_and_on_lambda_there_is_no_file():
    """What would be forgotten with the process is not made."""
    on_lambda = {"AWS_LAMBDA_FUNCTION_NAME": "tocsin-api"}
    assert isinstance(place(SIGNING_KEYS_SECRET=NAME, SIGNING_KEYS_FILE="x"), KeySecret)
    assert isinstance(place(on_lambda, SIGNING_KEYS_SECRET=NAME), KeySecret)
    assert isinstance(place(on_lambda), NoKeys)
    assert isinstance(place(), KeyFile)


def test_the_keys_of_a_secret_are_read(secret):
    """In the form that the stack makes, and the one that an exchange leaves."""
    there = place(SIGNING_KEYS_SECRET=NAME)
    assert there.make() == there.read()
    secret.put_secret_value(SecretId=NAME, SecretString=json.dumps({"current": TWO, "previous": ONE}))
    assert (there.read().current, there.read().previous) == (SigningKey(TWO), SigningKey(ONE))


@pytest.mark.parametrize("said", ["swordfish", '"swordfish"', '{"current": "swordfish"}', '{"api_key": "swordfish"}'])
def test_a_secret_of_something_else_is_refused_and_not_repeated(secret, said):
    """It may be the wrong one."""
    secret.put_secret_value(SecretId=NAME, SecretString=said)
    with pytest.raises(ConfigurationError) as raised:
        place(SIGNING_KEYS_SECRET=NAME).read()
    assert NAME in str(raised.value)
    assert "swordfish" not in f"{raised.value}{raised.value.hint}"


def test_a_secret_that_does_not_exist_is_named(moto):
    """With the variable that names it."""
    with pytest.raises(ConfigurationError, match=r"nowhere \(SIGNING_KEYS_SECRET\) in us-east-1 does not exist"):
        place(SIGNING_KEYS_SECRET="nowhere").read()


@pytest.mark.parametrize(
    "error",
    [
        ConnectTimeoutError(endpoint_url="x"),
        ClientError({"Error": {"Code": "ThrottlingException", "Message": "x"}}, "GetSecretValue"),
    ],
)
def test_an_aws_that_gives_no_answer_is_something_to_try_again(error):
    """With the status that says so."""

    class Silent(Aws):
        def client(self, service):
            raise error

    settings = Settings.read({"SIGNING_KEYS_SECRET": NAME})
    there = key_place(settings, lambda: Silent(REGION, {}), {}, new_secret=str)
    with pytest.raises(StoreUnreachable, match="cannot be read"):
        there.read()


# -- in the API -------------------------------------------------------------------------------------------------------


def opened(store, ring_of, clock):
    """Return somebody's tokens, in a store."""
    ids = iter(range(1_000_000))
    audit = AuditLog(store, clock=clock, new_id=lambda: f"people-{next(ids)}")
    users = Users(store, audit, clock=clock, new_id=lambda: f"people-{next(ids)}")
    ann = users.add("ann@example.com", "Ann", UserRole.VIEWER, actor=Actor("a test"))
    keys = SigningKeys(ring_of, clock=clock)
    return sessions_of(store, keys, clock=clock, new_id=lambda: f"people-{next(ids)}").open(ann, actor=Actor(""))


def test_the_api_takes_tokens_that_the_file_beside_the_incidents_signed(environ):
    """On a laptop."""
    file = environ["INCIDENTS_FILE"]
    held = opened(JsonStore(file), place(INCIDENTS_FILE=file), lambda: NOON)
    status, said = Function(environ)("GET", SESSIONS, authorization=f"Bearer {held.access_token}")
    assert (status, len(said["sessions"])) == (200, 1)


def test_a_file_that_others_may_read_lets_nobody_in_and_the_log_says_why(environ, tmp_path):
    """Its answer says nothing of it."""
    held = opened(JsonStore(environ["INCIDENTS_FILE"]), place(INCIDENTS_FILE=environ["INCIDENTS_FILE"]), lambda: NOON)
    (tmp_path / "incidents.json.keys").chmod(0o644)
    function = Function(environ)
    status, said = function("GET", SESSIONS, authorization=f"Bearer {held.access_token}")
    assert (status, said["type"]) == (500, "urn:tocsin:problem:our-fault")
    assert "may be read by others" in function.said
    assert held.access_token not in function.said


def test_on_aws_a_sign_in_outlives_an_exchange_of_the_key(secret, moto, monkeypatch):
    """Which needs no deploy: what another process signed with the new key is looked for when it comes."""
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), tables.KEYS.values(), strict=False):
        monkeypatch.setenv(name, value)
    table = tables.a_table(moto)
    store = tables.DynamoDbStore(moto, table)
    function = Function(
        {
            "USE_DYNAMODB": "true",
            "DYNAMODB_TABLE_NAME": table,
            "AWS_REGION": REGION,
            "SIGNING_KEYS_SECRET": NAME,
            "AWS_LAMBDA_FUNCTION_NAME": "tocsin-api",
        }
    )
    held = opened(store, place(SIGNING_KEYS_SECRET=NAME), lambda: NOON)
    assert function("GET", SESSIONS, authorization=f"Bearer {held.access_token}")[0] == 200
    secret.put_secret_value(SecretId=NAME, SecretString=json.dumps({"current": TWO, "previous": ONE}))
    function.now = NOON.replace(minute=2)
    elsewhere = Function({**function.handler._environ})
    elsewhere.new_id = lambda: "elsewhere"
    elsewhere.now = function.now
    status, renewed = elsewhere("POST", "/api/v1/auth/refresh", {"refresh_token": held.refresh_token})
    assert status == 200
    for token in (held.access_token, renewed["access_token"]):
        assert function("GET", SESSIONS, authorization=f"Bearer {token}")[0] == 200
    assert ONE not in function.said + elsewhere.said


def test_on_lambda_without_a_secret_a_token_is_refused_as_any_other(on_lambda_without):
    """Anybody can send one: it is no fault of ours."""
    assert on_lambda_without("GET", SESSIONS, authorization="Bearer a.b.c")[0] == 401


@pytest.fixture
def on_lambda_without(moto, monkeypatch):
    for name, value in zip(("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"), tables.KEYS.values(), strict=False):
        monkeypatch.setenv(name, value)
    environ = {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": tables.a_table(moto), "AWS_REGION": REGION}
    return Function(environ | {"AWS_LAMBDA_FUNCTION_NAME": "tocsin-api"})
