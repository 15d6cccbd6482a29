"""docs/api.md tells all and nothing but the truth about the API: its examples are run, on a server, in their order."""

import json
import re
import shutil
import subprocess
from http import HTTPStatus
from pathlib import Path

import pytest

from tests.entrypoints.command_line import API_KEY, APP_KEY
from tests.entrypoints.serving import Serving
from tocsin import errors
from tocsin.api import problems
from tocsin.api.routes import ROUTES
from tocsin.clock import utc_now
from tocsin.demo import DatadogServer, demo_world
from tocsin.domain.access import Scope, UserRole
from tocsin.domain.audit import Actor
from tocsin.entrypoints.sign_in import sessions_of
from tocsin.identity.signing_keys import KeyFile, SigningKeys
from tocsin.ids import random_id, random_secret
from tocsin.services.auditing import AuditLog
from tocsin.services.users import Users
from tocsin.storage.json_store import JsonStore

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
SIGN_IN = (ROOT / "docs" / "sign-in.md").read_text(encoding="utf-8")
"""What people do about their own access; its examples are run by a test of their own."""

CONTACTS = (ROOT / "docs" / "contacts.md").read_text(encoding="utf-8")
"""Where people are reached; the same."""

ACKNOWLEDGING = (ROOT / "docs" / "acknowledging.md").read_text(encoding="utf-8")
"""How pages are acknowledged; the same."""

ELSEWHERE = SIGN_IN + CONTACTS + ACKNOWLEDGING

SERVED = {f"{one.endpoint.method} {one.endpoint.path}" for one in ROUTES}
FOR_BROWSERS = {f"{one.endpoint.method} {one.endpoint.path}" for one in ROUTES if not one.shown}
"""What nobody types: a browser is sent there."""


def examples(text):
    """Return the commands that a document shows."""
    return "\n".join(re.findall(r"^```sh\n(.*?)^```", text, re.DOTALL | re.MULTILINE))


def calls(text):
    """Return those that ask the API, one by one."""
    pattern = r"^(?:[A-Z]+=\$\()?curl .*?(?=^curl |^[A-Z]+=|\Z)"
    return re.findall(pattern, examples(text), re.DOTALL | re.MULTILINE)


EXAMPLES, CALLS = examples(TEXT), calls(TEXT)

RUN = """
set -eu
curl() {{ command curl -sS --fail-with-body --max-time 30 -w '\\n' "$@"; }}
{examples}
"""


def asked(call):
    """Return the method and path that a curl command asks for."""
    path = re.search(r'"\$API([^"?]*)', call)[1]
    said = re.search(r"-X (\w+)", call)
    return said[1] if said else "POST" if " -d " in call else "GET", path


def pattern(served):
    method, path = served.split(" ", 1)
    return method, re.sub(r"\{\w+\}", "[^/]+", path)


@pytest.mark.parametrize("served", sorted(SERVED))
def test_every_route_is_documented_and_has_an_example(served):
    """Nothing is added to the API without a line in a table, and a command that can be copied."""
    assert f"| `{served}` |" in TEXT + ELSEWHERE
    if served in FOR_BROWSERS:
        return
    method, path = pattern(served)
    found = [
        call for call in CALLS + calls(ELSEWHERE) if (one := asked(call))[0] == method and re.fullmatch(path, one[1])
    ]
    assert found, f"no curl example of {served}"


def test_no_route_is_documented_that_there_is_not():
    """What was renamed or removed goes from the page too."""
    assert set(re.findall(r"^\| `([A-Z]+ /[^`]*)` \|", TEXT + ELSEWHERE, re.MULTILINE)) == SERVED


def test_every_scope_is_documented():
    """And none that there is not."""
    assert set(re.findall(r"^\| `([a-z:]+)` \|", TEXT, re.MULTILINE)) == {scope.value for scope in Scope}


def test_every_problem_is_documented():
    """By its stable name and status: those of the edge, and those of every error that the API can meet."""
    edge = [
        problems.no_such_path(),
        problems.wrong_method("X", ()),
        problems.unauthorized(),
        problems.forbidden(),
        problems.too_large(1),
        problems.wrong_media_type(),
        problems.too_many(1),
        problems.ours(),
        problems.no_datadog(),
        problems.malformed("x"),
        *(problems.garbled(HTTPStatus(status), "x") for status in (400, 431, 501)),
        problems.invalid([{"loc": ("body",), "msg": "x"}]),
    ]
    met = [
        errors.NotFound,
        errors.IllegalMove,
        errors.Conflict,
        errors.AlreadyThere,
        errors.PreconditionFailed,
        errors.KeyReused,
        errors.InvalidInput,
        errors.SignInRefused,
        errors.NotAllowed,
        errors.MalformedBody,
        errors.IssuerFailed,
        errors.StoreBusy,
        errors.StoreUnreachable,
        errors.StoreRefused,
        errors.NoTable,
        errors.KeysRefused,
        errors.WrongSite,
        errors.RateLimited,
        errors.Unreachable,
        errors.Nonsense,
    ]
    met_with_time = problems.of_error(errors.TooManyAttempts(1))
    told = {(met_with_time.status, met_with_time.slug)}
    told |= {(one.status, one.slug) for one in [*edge, *(problems.of_error(kind("x")) for kind in met)]}
    rows = re.findall(r"^\| (\d{3}) \| (.*?) \|", TEXT, re.MULTILINE)
    assert {(int(status), slug) for status, names in rows for slug in re.findall(r"`([a-z-]+)`", names)} == told


@pytest.mark.parametrize("number", range(len(re.findall(r"^```json\n", TEXT, re.MULTILINE))))
def test_every_document_that_is_shown_is_json(number):
    """Copied into a program it can be read."""
    json.loads(re.findall(r"^```json\n(.*?)^```", TEXT, re.DOTALL | re.MULTILINE)[number])


def signed_in(folder):
    """Return an access token and a refresh token of somebody, and the id of another of their sessions."""
    store = JsonStore(folder / "incidents.json")
    keys = SigningKeys(KeyFile(folder / "incidents.json.keys", new_secret=random_secret), clock=utc_now)
    audit = AuditLog(store, clock=utc_now, new_id=random_id)
    ann = Users(store, audit, clock=utc_now, new_id=random_id).add(
        "ann@example.com", "Ann", UserRole.VIEWER, actor=Actor("a test")
    )
    sessions = sessions_of(store, keys, clock=utc_now, new_id=random_id)
    sessions.open(ann, actor=Actor(""))
    (other,) = sessions.every(ann.id)
    held = sessions.open(ann, actor=Actor(""))
    store.close()
    return held.access_token, held.refresh_token, other.id


def test_every_example_works(tmp_path):
    """Word for word, but for the address and the key, on an empty store, in the order of the page."""
    if shutil.which("curl") is None:
        pytest.skip("there is no curl here to run the examples of docs/api.md with")
    # Every day of its shop begins quiet: what is counted below comes from the examples alone.
    environ = {"DATADOG_API_KEY": API_KEY, "DATADOG_APP_KEY": APP_KEY}
    with (
        DatadogServer(demo_world(), api_key=API_KEY, app_key=APP_KEY) as datadog,
        Serving(tmp_path, **environ, DATADOG_API_URL=datadog.url) as serving,
    ):
        examples = EXAMPLES.replace("API=http://127.0.0.1:8080", f"API={serving.url}")
        examples = examples.replace("KEY=tocsin_...", f"KEY={serving.key}").replace("python cli.py serve\n", "")
        token, refresh, session = signed_in(tmp_path)
        examples = examples.replace("TOKEN=eyJ...", f"TOKEN={token}").replace("3f9c0a7be2d1c644", session)
        examples = examples.replace("REFRESH=tocsin_refresh_...", f"REFRESH={refresh}")
        assert all(one in examples for one in (serving.key, token, refresh, session))
        (tmp_path / "examples.sh").write_text(RUN.format(examples=examples), encoding="utf-8")
        done = subprocess.run(
            ["bash", str(tmp_path / "examples.sh")], capture_output=True, text=True, timeout=120, check=False
        )
        assert done.returncode == 0, done.stdout[-2_000:] + done.stderr
        answers = [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]
        shown = serving.ask("GET", "/api/v1/incidents/INC-1001").json
    delivered = [one for one in answers if "taken" in one]
    assert [[taken["incident"] for taken in one["taken"]] for one in delivered[:2]] == [["INC-1001"], ["INC-1002"]]
    assert [one["field"] for one in delivered[1]["refused"]] == ["state"]
    assert (shown["status"], shown["root_cause"], shown["merged"]) == ("closed", "the pool was too small", ["INC-1002"])
    assert shown["title"] == "Checkout is down for everybody"
