"""What Schemathesis loads: help to get past what no schema can tell it, so that it reaches what lies behind."""

import base64
import itertools
import json
import os
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from urllib.parse import unquote

import schemathesis
from schemathesis.specs.openapi.checks import negative_data_rejection
from urllib3.connection import HTTPConnection
from urllib3.connectionpool import HTTPConnectionPool

FORM = "application/x-www-form-urlencoded"
OVER = "a.b.c"
"""A token that opens nothing."""

LEFT = 2
"""Sign-ins that are left by whoever signs out, to be ended from elsewhere."""

ALERT, RESOLVED = "generic~c2NoZW1hdGhlc2lzOnNlZWQtMA", "INC-1100"

_TO_ADMINS = {"actions": [{"type": "notify", "target": "admins"}]}
CAN_BE = {
    "edit_incident": {"title": "Another"},
    "edit_incident_2": {"title": "Another"},
    "merge_incident": {"into": "INC-1080"},
    "edit_team": {"services": ["search"]},
    "add_my_contact": {"kind": "log", "address": {}},
    "add_contact": {"kind": "log", "address": {}},
    "edit_my_contact": {"name": "Another"},
    "edit_contact": {"name": "Another"},
    "verify_contact": {"code": "123456"},
    "put_my_rules": {"account_email": True},
    "put_rules": {"account_email": True},
    "add_room": {"name": "another", "kind": "log", "address": {}},
    "edit_room": {"active": True},
    "edit_silence": {"reason": "it still moves"},
    "add_policy": {"name": "another", "conditions": {"service": ["nowhere"]}, "steps": [_TO_ADMINS]},
    "put_template": {"subject": "$severity: $title"},
    "put_policy": {"name": "Default", "steps": [_TO_ADMINS]},
    "add_silence": {"where": {"service": "search"}, "reason": "it moves", "ends_at": ""},
}
"""Bodies with which it can be done; those of ``tests/api/kept.py`` come with what they are about."""

CONTACTS = {"verify_contact": "1", "send_code": "2", "delete_my_contact": "3", "delete_contact": "3"}
"""Contacts that nothing else touches: the first is verified already, and stays so."""

OTHER_CONTACT, ROOM = "4", "room-3"

_seen = set()
_reserved = {}
FIRST_FREE = 1081
"""From here on, numbers of incidents that the dictionaries do not name."""

_number = itertools.count(1)
_SHOWN = os.environ["TOCSIN_KEY"]
_OWN_KEY = _SHOWN.split("_")[1] if _SHOWN.startswith("tocsin_") else ""
_CAST = json.loads(Path(os.environ["TOCSIN_CAST"]).read_text("ascii"))


class FromElsewhere(HTTPConnection):
    """A connection from an address of its own, since sign-ins from one are slowed down. Only Linux has that many."""

    def connect(self):
        """Connect from the next of 60,000 addresses of this machine."""
        if sys.platform == "linux":
            number = next(_number)
            self.source_address = (f"127.1.{number // 250 % 250}.{number % 250 + 1}", 0)
        super().connect()


HTTPConnectionPool.ConnectionCls = FromElsewhere


def _session(token):
    """Return which sign-in an access token is of."""
    payload = token.split(".")[1]
    return json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))["sid"]


_OWN_SESSION = "" if _OWN_KEY else _session(_SHOWN)


def _spare(case):
    """Let nothing take away what everything is asked with: the key; or the person, and their sign-in.

    Who signs out is therefore always another one, with a sign-in of their own.
    """
    named = case.path_parameters or {}
    if named.get("key_id") in (_OWN_KEY, "schemathesis"):
        named["key_id"] = "spare"
    if unquote(str(named.get("user_id", ""))).strip().lower() in _CAST["spared"]:
        named["user_id"] = "user00@example.com"
    if _OWN_KEY:
        return
    if named.get("session_id") == _OWN_SESSION:
        named["session_id"] = "another"
    if _name(case) == "logout":
        enough = len(_CAST["ended"]) > LEFT
        _act_as(case, _CAST["ended"].pop()["access_token"] if enough else OVER)


def _name(case):
    return case.operation.definition.raw["operationId"]


def _done(case):
    """Say whether an operation was done before."""
    return any(one == _name(case) and status < 300 for one, status in _seen)


def _make_sure(case):
    """Let what was never done yet be something that can be, on an incident that nothing else has touched."""
    name, named = _name(case), case.path_parameters or {}
    if "incident_id" in named:
        named["incident_id"] = (
            RESOLVED if name == "close_incident" else f"INC-{_reserved.setdefault(name, FIRST_FREE + len(_reserved))}"
        )
    if "contact_id" in named:
        named["contact_id"] = CONTACTS.get(name, OTHER_CONTACT)
    if "contacts/" in case.path and "user_id" in named:
        named["user_id"] = "user00@example.com"
    if "room" in named:
        named["room"] = ROOM
    if "alert_id" in named:
        named["alert_id"] = ALERT
    if "template" in named:
        named["template"] = "page"
    if "policy_id" in named:
        named["policy_id"] = "default"
    if "silence_id" in named:
        named["silence_id"] = _CAST["silences"][name != "end_silence"]
    kept = _CAST["kept"].get(name, {})
    named.update(kept.get("path", {}))
    if "query" in kept:
        case.query = dict(kept["query"])
    body = CAN_BE.get(name) or kept.get("body")
    if body is not None and isinstance(case.body, dict):
        case.body = dict(body)


def _act_as(case, token):
    """Have somebody else ask, if anybody was to."""
    if case.headers and case.headers.get("Authorization") == f"Bearer {_SHOWN}":
        case.headers["Authorization"] = f"Bearer {token}"


def _say(case, **fields):
    """Put fields into a body, as far as it is one that has fields."""
    if isinstance(case.body, dict):
        case.body.update(fields)


def _sign_in(case, number):
    """Say about a sign-in what no schema can say: what is right."""
    match _name(case):
        case "login" | "login_2":
            email, password = _CAST["door"]["email"], _CAST["door"]["password"]
            _say(case, **{"username" if case.media_type == FORM else "email": email}, password=password)
        case "refresh" if _CAST["prolonged"]:
            _say(case, refresh_token=_CAST["prolonged"]["refresh_token"])
        case "end_session" if _CAST["ended"] and not _OWN_KEY:
            token = _CAST["ended"].pop()["access_token"]
            _act_as(case, token)
            case.path_parameters["session_id"] = _session(token)
        case "change_password":
            current, new = _CAST["change"]["passwords"]
            _say(case, current=current, new=new)
            if not _OWN_KEY:
                _act_as(case, _CAST["change"]["access_token"])
        case "recover":
            _say(case, email=f"user{number % 20:02}@example.com")
        case "sign_up":
            _say(case, email=f"sign-up-{number}@example.com", full_name="New", password=_CAST["password"])
        case "reset_password" if _CAST["reset"]:
            _say(case, token=_CAST["reset"].pop(), password=_CAST["password"])
        case "verify_address" if _CAST["verify"]:
            _say(case, token=_CAST["verify"].pop())


def _keep(case, response):
    """Keep what was answered about a sign-in, for what is asked later."""
    match _name(case):
        case "login" | "login_2" if response.status_code == 200:
            _CAST["ended"].append(response.json())
            _CAST["prolonged"] = _CAST["prolonged"] or response.json()
        case "refresh":
            _CAST["prolonged"] = response.json() if response.status_code == 200 else None
        case "change_password" if response.status_code == 200:
            _CAST["change"] |= response.json() | {"passwords": _CAST["change"]["passwords"][::-1]}


@schemathesis.hook
def before_call(context, case, kwargs):
    """Make a key of a request a new one, and three of four preconditions, snoozes and sign-ins such as can be met.

    Only where everything is right by the schema; what it breaks on purpose stays broken.
    """
    number = next(_number)
    _spare(case)
    if number % 10 == 0:
        case.headers = {**(case.headers or {}), "Connection": "close"}
    if case.meta is None or not case.meta.generation.mode.is_positive:
        return
    headers = case.headers or {}
    if key := headers.get("Idempotency-Key"):
        headers["Idempotency-Key"] = f"{key[:200]}-{number}"
    if not _done(case):
        _make_sure(case)
    elif number % 4 == 0:
        return
    _sign_in(case, number)
    if "If-Match" in headers:
        headers["If-Match"] = "*"
    for name in ("until", "snoozed_until", "expires_at"):
        if isinstance(case.body, dict) and case.body.get(name):
            case.body[name] = (datetime.now(UTC) + timedelta(hours=number % 700 + 1)).isoformat()
    if isinstance(case.body, dict) and "ends_at" in case.body:
        case.body.pop("starts_at", None)
        case.body["ends_at"] = (datetime.now(UTC) + timedelta(hours=number % 150 + 1)).isoformat()


@schemathesis.check
def negative_delivery_rejection(ctx, response, case):
    """Look at what breaks the schema in a delivery: it is refused as a whole, or the items that are at fault are named."""
    partly = response.status_code == 200 and "webhooks" in case.operation.tags and response.json()["refused"]
    if "webhooks" in case.operation.tags and not partly:
        return negative_data_rejection(ctx, response, case)
    return None


@schemathesis.hook
def after_call(context, case, response):
    """Note once which operation gave which answer, for the test that started this."""
    _keep(case, response)
    found = (case.operation.definition.raw["operationId"], response.status_code)
    as_declared = response.request.method.upper() == case.operation.method.upper()
    if as_declared and found not in _seen:
        _seen.add(found)
        with Path(os.environ["TOCSIN_SEEN"]).open("a", encoding="ascii") as seen:
            print(*found, file=seen)
