"""Messages to send: a page about one incident whose texts somebody wrote who means ill."""

from tests.desk import NOON
from tocsin.domain.incident import Status
from tocsin.domain.message import Message, Subject, Tells
from tocsin.domain.severity import Severity

EVIL = "<!channel> <https://evil.example|log in> & [log in](https://evil.example) \"';"
ACKNOWLEDGE = "https://tocsin.example.com/a?t=signed-token-of-this-page&x=1"


def subject(**more):
    """Return an incident as messages tell of it."""
    fields = {
        "id": "INC-1042",
        "cycle": 2,
        "title": f"Checkout is down {EVIL}",
        "severity": Severity.CRITICAL,
        "status": Status.DETECTED,
        "service": "checkout",
        "environment": "prod",
        "source": "datadog",
        "opened_at": NOON,
        "runbook": "https://runbooks.example.com/checkout",
        "url": "https://alerts.example.com/monitors/1042",
        "acknowledge": ACKNOWLEDGE,
    }
    return Subject.model_validate(fields | more)


def page(**more):
    """Return a page."""
    fields = {
        "id": "INC-1042:2:0.0.0:u1:c1",
        "tells": Tells.PAGE,
        "subject": f"INC-1042 critical: Checkout is down {EVIL}",
        "short": "INC-1042 critical: Checkout is down",
        "text": f"Checkout is down {EVIL}\nsince 12:00",
        "html": "<html><body><p>Checkout is down &lt;!channel&gt;</p></body></html>",
        "subjects": (subject(),),
        "sent_at": NOON,
    }
    return Message.model_validate(fields | more)


def test_message(**more):
    """Return a message that is about no incident."""
    return page(tells=Tells.TEST, subject="A test of Tocsin", short="A test", text="A test", subjects=(), **more)


test_message.__test__ = False
