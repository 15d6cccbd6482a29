"""External sign-in as the settings have it: what there is of it, and where the client's secret comes from."""

import itertools
import json
from urllib.parse import parse_qsl, urlsplit

import pytest
from botocore.session import Session

from tests.api.browser import HOST
from tests.fakes import MemoryStore
from tests.identity.issuer import AUDIENCE, CLIENT, SECRET, Issuer
from tests.signing import RingInMemory
from tocsin.api.external import CALLBACK
from tocsin.config import Settings
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.aws import Aws
from tocsin.entrypoints.aws_secrets import REMEMBERED, SecretText
from tocsin.entrypoints.external import External
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.errors import ConfigurationError
from tocsin.identity.signing_keys import SigningKeys
from tocsin.services.external_sign_in import Answer

REGION = "us-east-1"
THERE = f"http://{HOST}{CALLBACK}"


@pytest.fixture
def issuer():
    with Issuer() as running:
        yield running


class Door:
    """External sign-in on an empty store."""

    def __init__(self, issuer, **more):
        self.issuer = issuer
        given = {"OIDC_ISSUER": issuer.name, "OIDC_ROLE_CLAIM": "groups", "OIDC_ROLES": "oncall=responder"}
        ids, secrets = itertools.count(1), itertools.count(1)
        store = MemoryStore()
        keys = SigningKeys(RingInMemory(), clock=self.clock)

        def new_id():
            return f"id-{next(ids)}"

        self.external = External(
            Settings.read(given | more),
            store,
            lambda: Aws(REGION, {}),
            sessions=lambda: sessions_of(store, keys, clock=self.clock, new_id=new_id),
            signer=lambda: keys,
            clock=self.clock,
            new_id=new_id,
            new_secret=lambda: f"{next(secrets):043}",
        )

    def clock(self):
        return self.issuer.at

    def signs_in(self):
        """Go there and back again; return the session."""
        sign_in = self.external.sign_in()
        begun = sign_in.start(redirect_uri=THERE)
        back = dict(parse_qsl(urlsplit(self.issuer.authorize(begun.location)).query))
        answer = Answer(back["state"], back["code"])
        return sign_in.finish([begun.kept], answer, redirect_uri=THERE, actor=Actor(""))[0]


def test_where_no_issuer_is_set_nobody_comes_in_this_way(issuer):
    """Neither with a token nor with a browser, and nothing is asked."""
    nothing = External(
        Settings(), MemoryStore(), None, sessions=None, signer=None, clock=None, new_id=None, new_secret=None
    )
    assert (nothing.tokens(), nothing.sign_in()) == (None, None)


def test_an_audience_lets_programs_in_and_a_client_browsers(issuer):
    """Each without the other."""
    programs = Door(issuer, OIDC_AUDIENCE=AUDIENCE).external
    assert programs.sign_in() is None
    principal = programs.tokens()(issuer.token())
    assert (principal.by, principal.role) == ("ana@example.com", UserRole.RESPONDER)
    assert programs.tokens()(issuer.token("another")) is None
    browsers = Door(issuer, OIDC_CLIENT_ID=CLIENT, OIDC_CLIENT_SECRET=SECRET)
    assert browsers.external.tokens() is None
    assert browsers.signs_in().user_id
    assert browsers.external.sign_in() is browsers.external.sign_in()


def test_nothing_is_asked_before_somebody_comes(issuer):
    """An issuer that is down keeps nobody else from their work."""
    door = Door(issuer, OIDC_CLIENT_ID=CLIENT, OIDC_AUDIENCE=AUDIENCE)
    assert door.external.tokens()
    assert door.external.sign_in()
    assert not issuer.asked


def test_a_secret_of_aws_goes_before_one_that_is_set(issuer, moto):
    """It is read when it is needed, and again when the issuer refuses it."""
    client = Session().create_client("secretsmanager", region_name=REGION)
    client.create_secret(Name="tocsin/oidc", SecretString=json.dumps({"client_secret": SECRET}))
    door = Door(issuer, OIDC_CLIENT_ID=CLIENT, OIDC_CLIENT_SECRET="another", OIDC_SECRET_NAME="tocsin/oidc")
    assert door.signs_in().user_id
    issuer.secret = "rotated"
    client.put_secret_value(SecretId="tocsin/oidc", SecretString=json.dumps({"client_secret": " rotated "}))
    assert door.signs_in().user_id
    assert issuer.count("/token") == 3


def test_a_secret_of_aws_is_remembered(issuer, moto):
    """For a quarter of an hour, and while AWS has no answer."""
    client = Session().create_client("secretsmanager", region_name=REGION)
    client.create_secret(Name="tocsin/oidc", SecretString=json.dumps({"client_secret": "old"}))
    named = ("tocsin/oidc", "client_secret", "OIDC_SECRET_NAME", Aws(REGION, {}))
    secret = SecretText(*named, clock=lambda: issuer.at)
    assert secret() == "old"
    client.put_secret_value(SecretId="tocsin/oidc", SecretString=json.dumps({"client_secret": "new"}))
    assert secret() == "old"
    issuer.at += REMEMBERED
    assert secret() == "new"
    client.delete_secret(SecretId="tocsin/oidc", ForceDeleteWithoutRecovery=True)
    assert secret(anew=True) == "new"
    with pytest.raises(ConfigurationError, match="does not exist"):
        SecretText(*named, clock=lambda: issuer.at)()


@pytest.mark.parametrize("held", ["{}", '{"client_secret": ""}', '{"client_secret": 7}', "x"])
def test_a_secret_of_aws_that_holds_none_is_one_line(issuer, moto, held):
    """Which names the variable, and what it takes."""
    client = Session().create_client("secretsmanager", region_name=REGION)
    client.create_secret(Name="tocsin/oidc", SecretString=held)
    with pytest.raises(ConfigurationError, match="OIDC_SECRET_NAME") as wrong:
        Door(issuer, OIDC_CLIENT_ID=CLIENT, OIDC_SECRET_NAME="tocsin/oidc").signs_in()
    assert wrong.value.hint == 'It takes {"client_secret": "..."}.'
