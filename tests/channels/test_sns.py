"""SMS by SNS, whose API a small server plays."""

import logging

import pytest
from botocore.config import Config
from botocore.exceptions import NoCredentialsError
from botocore.session import Session

from tests.messages import page
from tests.secrets_seen import nowhere
from tocsin.channels.sns import SnsChannel, check_sns
from tocsin.errors import Refused, Undelivered

NUMBER = "+4915112345678"
OK = (
    b'<PublishResponse xmlns="http://sns.amazonaws.com/doc/2010-03-31/"><PublishResult><MessageId>m-1</MessageId>'
    b"</PublishResult><ResponseMetadata><RequestId>r</RequestId></ResponseMetadata></PublishResponse>"
)


def sandbox(word):
    """Return what SNS says of its sandbox."""
    return (
        b"<GetSMSSandboxAccountStatusResponse><GetSMSSandboxAccountStatusResult><IsInSandbox>%s</IsInSandbox>"
        b"</GetSMSSandboxAccountStatusResult></GetSMSSandboxAccountStatusResponse>" % word
    )


@pytest.fixture
def sns(provider):
    """Return botocore's own client of SNS, to a small server."""
    session = Session()
    session.set_credentials("AKIAEXAMPLE", "secret-access-key")
    config = Config(retries={"total_max_attempts": 1}, read_timeout=2, connect_timeout=2)
    return session.create_client("sns", region_name="us-east-1", endpoint_url=provider.url, config=config)


def test_an_sms_is_transactional_and_short(provider, sns):
    """What must arrive, in one SMS; the provider id is SNS's."""
    provider.body = OK
    assert SnsChannel(sns).send(page(short="x" * 500), {"number": NUMBER}).provider_id == "m-1"
    said = provider.only.form
    assert (said["Action"], said["PhoneNumber"]) == ("Publish", NUMBER)
    assert said["Message"] == "x" * 157 + "..."
    assert said["MessageAttributes.entry.1.Value.StringValue"] == "Transactional"


@pytest.mark.parametrize(
    "answer, kind",
    [
        ((400, "InvalidParameter"), Refused),
        ((403, "AuthorizationError"), Refused),
        ((400, "Throttling"), Undelivered),
        ((429, "Throttled"), Undelivered),
        ((500, "InternalError"), Undelivered),
    ],
)
def test_what_sns_says_decides_whether_it_is_tried_again(provider, sns, caplog, answer, kind):
    """Neither its words nor the number are told, at any level of the log."""
    caplog.set_level(logging.DEBUG)
    provider.status, code = answer
    provider.body = f"<ErrorResponse><Error><Code>{code}</Code><Message>Invalid: {NUMBER}</Message></Error></ErrorResponse>".encode()
    with pytest.raises(Undelivered) as raised:
        SnsChannel(sns).send(page(), {"number": NUMBER})
    assert type(raised.value) is kind
    assert str(raised.value) == f"SNS answered {code}"
    nowhere(f"{raised.value!r} {raised.value.__context__!r} {caplog.text}", number=NUMBER)


def test_without_credentials_nothing_is_asked():
    """There is nothing to try again."""

    class Client:
        def publish(self, **said):
            raise NoCredentialsError

    with pytest.raises(Refused, match="NoCredentialsError"):
        SnsChannel(Client()).send(page(), {"number": NUMBER})


def test_the_sandbox_is_told(provider, sns):
    """In it, SMS go to verified numbers only."""
    provider.body = sandbox(b"true")
    assert "sandbox" in check_sns(sns).found
    assert check_sns(sns).mend
    provider.body = sandbox(b"false")
    assert check_sns(sns) == ("SNS sends SMS", "")
