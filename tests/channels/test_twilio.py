"""SMS and calls by Twilio."""

import base64
from xml.etree import ElementTree as ET

import pytest

from tests.desk import NOON
from tests.messages import page, test_message
from tocsin.channels.sms_text import fitted
from tocsin.channels.twilio import Twilio
from tocsin.channels.twilio_sms import TwilioSms
from tocsin.channels.voice import VoiceChannel, twiml
from tocsin.domain.message import Tells
from tocsin.errors import Refused, Undelivered
from tocsin.services.paging.wording import with_link

SID = "AC" + "0123456789abcdef" * 2
TO = {"number": "+49 (151) 1234-5678"}
URL = 'https://tocsin.example.com/v?t=signed&x="<1>'


@pytest.fixture
def twilio(provider, outbound):
    """Return an account at the provider."""
    return Twilio(outbound, SID, "auth token", "+15005550006", base=provider.url)


def test_an_sms_is_a_form_of_the_account(provider, twilio):
    """Signed in by account and token; the provider id is the message's SID."""
    provider.status, provider.body = 201, {"sid": "SM1", "status": "queued"}
    receipt = TwilioSms(twilio).send(page(short="Prüfung … €"), TO)
    assert receipt.provider_id == "SM1"
    assert provider.only.path == f"/2010-04-01/Accounts/{SID}/Messages.json"
    assert provider.only.form == {"To": "+4915112345678", "From": "+15005550006", "Body": "Prüfung ... €"}
    signed_in = provider.only.headers["authorization"].removeprefix("Basic ")
    assert base64.b64decode(signed_in).decode() == f"{SID}:auth token"


@pytest.mark.parametrize("number", ["4930123456", "+0123456789", "+49151abc", "00491511234567", "+1", "+49;ext=1"])
def test_what_is_no_number_is_not_called(provider, twilio, number):
    """And not repeated."""
    for channel in (TwilioSms(twilio), VoiceChannel(twilio)):
        with pytest.raises(Refused) as raised:
            channel.send(page(), {"number": number})
        assert number not in str(raised.value)
    assert provider.asked == []


def test_twilios_own_code_is_told(provider, twilio):
    """It says more than the status, and is a number; its words may hold ours."""
    provider.status, provider.body = 400, {"code": 21610, "message": "unsubscribed: +4915112345678"}
    with pytest.raises(Refused) as raised:
        TwilioSms(twilio).send(page(), TO)
    assert str(raised.value) == "Twilio answered 400 (21610)"
    provider.status, provider.body = 429, {"code": 20429}
    with pytest.raises(Undelivered) as raised:
        TwilioSms(twilio).send(page(), TO)
    assert type(raised.value) is Undelivered


def test_a_call_says_it_twice_and_takes_one_key(provider, twilio):
    """Which goes to the address that somebody signed for this message; the text is said word for word."""
    provider.status, provider.body = 201, {"sid": "CA1", "status": "queued"}
    asked = []

    def action_url(message):
        asked.append(message)
        return URL

    message = page(short='INC-1 <Say>"evil"</Say> & https://tocsin.example.com/long \x00 now')
    assert VoiceChannel(twilio, action_url).send(message, TO).provider_id == "CA1"
    assert asked == [message]
    assert provider.only.path == f"/2010-04-01/Accounts/{SID}/Calls.json"
    said = ET.fromstring(provider.only.form["Twiml"])
    (gather,) = said.findall("Gather")
    assert (gather.get("action"), gather.get("numDigits"), gather.get("method")) == (URL, "1", "POST")
    texts = [one.text for one in gather.findall("Say")]
    assert texts == ['INC-1 <Say>"evil"</Say> & now'] * 2 + ["Press 1 to acknowledge."]
    assert said.findall("Say")[0].text == "No key was pressed. Goodbye."


@pytest.mark.parametrize("message", [page(tells=Tells.ALL_CLEAR), test_message(), page(tells=Tells.CODE, sent_at=NOON)])
def test_nothing_is_asked_where_there_is_nothing_to_acknowledge(provider, twilio, message):
    """The call says what it has to say, and ends."""
    VoiceChannel(twilio, lambda message: URL).send(message, TO)
    assert "Gather" not in provider.only.form["Twiml"]


def test_a_code_is_said_digit_by_digit():
    """Nobody can type one hundred and twenty-three thousand; how long it is good stays a number."""
    said = twiml(page(tells=Tells.CODE, short="Your code is 123406. It is good for 15 minutes."), "")
    assert "Your code is 1, 2, 3, 4, 0, 6. It is good for 15 minutes." in said


def test_a_call_is_short():
    """What nobody can remember is not said, and the whole fits into a request."""
    said = twiml(page(short="&" * 5_000), URL)
    assert len(said) < 4_000
    ET.fromstring(said)


def test_credentials_can_be_tried(provider, twilio):
    """An account that is closed does not count."""
    provider.body = {"status": "active", "type": "Full"}
    assert twilio.check() == ("Twilio knows the account", "")
    assert (provider.only.method, provider.only.path) == ("GET", f"/2010-04-01/Accounts/{SID}.json")
    provider.body = {"status": "active", "type": "Trial"}
    assert "trial" in twilio.check().found
    provider.body = {"status": "suspended"}
    with pytest.raises(Refused, match="suspended"):
        twilio.check()
    provider.status = 401
    with pytest.raises(Refused, match="401"):
        twilio.check()


def test_a_call_says_all_that_an_sms_leaves_out_for_its_link():
    """Nobody hears a link, so nothing makes room for it."""
    words = "CRITICAL: INC-1042 " + "Checkout is down " * 8
    message = page().model_copy(update={"short": with_link(words.strip(), "https://a.example/".ljust(120, "y"))})
    assert twiml(message, "").count(f"<Say>{words.strip()}</Say>") == 2
    assert len(fitted(message.short)) <= 160 < len(message.short)
