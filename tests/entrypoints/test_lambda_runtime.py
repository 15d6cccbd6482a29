"""What ships, in Lambda's real runtime client: from the very folder, which cannot be written to, cold and warm."""

import json
import sys

import boto3
import pytest

from tests.api.client import event
from tests.entrypoints.command_line import API_KEY, APP_KEY
from tests.entrypoints.function_folders import built, files, writable_again
from tests.entrypoints.runtime_api import Runtime
from tests.tables import KEYS, REGION, a_table
from tocsin.clock import utc_now
from tocsin.demo import MonitorId
from tocsin.demo.faults import ServerError, Slow
from tocsin.domain.audit import Actor
from tocsin.domain.search import IncidentFilter
from tocsin.ids import random_id
from tocsin.services.api_keys import ApiKeys
from tocsin.storage.dynamodb_store import DynamoDbStore

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the runtime client is for Linux alone")

SECRET = "tocsin/runtime-test"


@pytest.fixture(scope="module")
def folders(tmp_path_factory):
    """Return the folder that ships, built once, and beside it that of the runtime client."""
    root = tmp_path_factory.mktemp("lambda")
    yield built(root)
    writable_again(root)


@pytest.fixture
def table(ministack):
    """Return the name of an empty table."""
    return a_table(ministack)


@pytest.fixture
def environ(ministack_url, table, datadog):
    """Return the environment that the template gives the function, and where the stand-ins are."""
    secrets = boto3.session.Session().client("secretsmanager", endpoint_url=ministack_url, **KEYS)
    said = json.dumps({"api_key": API_KEY, "app_key": APP_KEY})
    try:
        secrets.create_secret(Name=SECRET, SecretString=said)
    except secrets.exceptions.ResourceExistsException:
        secrets.put_secret_value(SecretId=SECRET, SecretString=said)
    return {
        "AWS_ENDPOINT_URL": ministack_url,
        "AWS_ACCESS_KEY_ID": "testing",
        "AWS_SECRET_ACCESS_KEY": "testing",
        "AWS_REGION": REGION,
        "USE_DYNAMODB": "true",
        "DYNAMODB_TABLE_NAME": table,
        "DATADOG_SECRET_NAME": SECRET,
        "DATADOG_API_URL": datadog.url,
        "LOG_LEVEL": "INFO",
        "POWERTOOLS_LOG_LEVEL": "INFO",
        "POWERTOOLS_SERVICE_NAME": "tocsin",
        "POWERTOOLS_METRICS_NAMESPACE": "Tocsin",
    }


def test_a_cold_start_syncs_and_the_next_run_is_warm(folders, environ, table, ministack, datadog, tmp_path):  # noqa: PLR0917 - all are fixtures
    """Keys from the secret, incidents into the table, the report back to Lambda, nothing into the folder."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    with Runtime(folders, tmp_path, **environ) as runtime:
        cold = runtime.api.invoke("request-1")
        assert (cold.kind, cold.request_id) == ("response", "request-1")
        warm = runtime.api.invoke("request-2")
        lines = [json.loads(line) for line in runtime.said.splitlines()]
    store = DynamoDbStore(ministack, table)
    assert [one.id for one in store.find(IncidentFilter()).incidents] == cold.body["opened"]
    assert (len(cold.body["opened"]), warm.body["opened"], warm.body["complete"]) == (1, [], True)
    logged = [(one["correlation_id"], one["cold_start"]) for one in lines if "_aws" not in one]
    assert logged == [("request-1", True), ("request-2", False)]
    assert [one["ColdStart"] for one in lines if "ColdStart" in one] == [[1.0]]
    assert files(folders.task) == folders.shipped
    assert API_KEY not in runtime.said
    assert APP_KEY not in runtime.said


def test_everything_that_a_run_imports_is_what_ships(folders, environ, tmp_path):
    """Nothing comes from where the tests run, and nothing from the runtime client."""
    with Runtime(folders, tmp_path, **environ) as runtime:
        assert runtime.api.invoke("request-1").kind == "response"
    owners = {name: folders.owner(file) for name, file in runtime.imported.items()}
    assert [name for name, owner in owners.items() if owner == "elsewhere"] == []
    ours = (
        "lambda_function",
        "tocsin",
        "botocore",
        "pydantic",
        "aws_lambda_powertools",
        "datadog_api_client",
        "orjson",
    )
    assert {owners[name] for name in ours} == {"task"}
    assert owners["awslambdaric"] == "runtime"


def test_a_failed_run_reaches_lambda_as_an_error_and_the_process_lives_on(folders, environ, datadog, tmp_path):
    """The alarm for errors counts it; the next run, in the same process, is well."""
    with Runtime(folders, tmp_path, **environ | {"DATADOG_SECRET_NAME": "nowhere"}) as runtime:
        failed = runtime.api.invoke("request-1")
        again = runtime.api.invoke("request-2")
    assert (failed.kind, failed.body["errorType"], again.kind) == ("error", "ConfigurationError", "error")
    assert failed.body["errorMessage"].startswith("the secret nowhere (DATADOG_SECRET_NAME)")
    with Runtime(folders, tmp_path, **environ) as runtime:
        datadog.faults.next(ServerError(), count=4)
        assert runtime.api.invoke("request-3").body["errorType"] == "Unreachable"
        assert runtime.api.invoke("request-4").kind == "response"
    assert API_KEY not in runtime.said


def test_settings_that_cannot_work_fail_runs_and_not_the_start(folders, environ, tmp_path):
    """An error at the start would be told without our line, and the start tried again and again."""
    with Runtime(folders, tmp_path, **environ | {"SETTLE_SECONDS": "soon"}) as runtime:
        failed = runtime.api.invoke("request-1")
    assert (failed.kind, failed.body["errorType"]) == ("error", "ConfigurationError")
    line = json.loads(runtime.said.splitlines()[0])
    assert (line["level"], line["correlation_id"]) == ("ERROR", "request-1")


def test_a_run_ends_before_lambda_would_end_it(folders, environ, datadog, tmp_path):
    """With the deadline that Lambda says, whatever Datadog does."""
    datadog.faults.always(Slow(seconds=30))
    with Runtime(folders, tmp_path, **environ) as runtime:
        failed = runtime.api.invoke("request-1", seconds=4.0)
    assert (failed.kind, failed.body["errorType"]) == ("error", "Unreachable")
    assert '"FailedSweeps"' in runtime.said


def test_the_api_answers_from_the_same_folder(folders, environ, ministack, table, tmp_path):
    """Cold and warm, an alert durable in the table when it is answered, and nothing written into the folder."""
    keys = ApiKeys(DynamoDbStore(ministack, table), clock=utc_now, new_id=random_id)
    _, token = keys.create("tests", ["alerts:write"], secret="s" * 43, actor=Actor("a test"))
    bearer = {"authorization": f"Bearer {token}"}
    alert = json.dumps({"message": "Checkout is down", "key": "a"}).encode()
    with Runtime(folders, tmp_path, "api_handler", **environ) as runtime:
        ready = runtime.api.invoke("request-1", event=event("GET", "/health/ready"))
        pushed = runtime.api.invoke("request-2", event=event("POST", "/api/v1/alerts", alert, bearer))
        lines = [json.loads(line) for line in runtime.said.splitlines()]
    assert (ready.body["statusCode"], json.loads(ready.body["body"])["status"]) == (200, "ok")
    (taken,) = json.loads(pushed.body["body"])["taken"]
    assert DynamoDbStore(ministack, table).incident(taken["incident"]).title == "Checkout is down"
    assert [(one["correlation_id"], one["cold_start"], one["status"]) for one in lines] == [
        ("request-1", True, 200),
        ("request-2", False, 200),
    ]
    assert str(token) not in runtime.said
    assert files(folders.task) == folders.shipped


def test_settings_that_cannot_work_are_answered_and_logged(folders, environ, tmp_path):
    """Not told while it starts, where nobody would see it."""
    with Runtime(folders, tmp_path, "api_handler", **environ | {"SETTLE_SECONDS": "soon"}) as runtime:
        answered = runtime.api.invoke("request-1", event=event("GET", "/health"))
    assert answered.body["statusCode"] == 500
    assert json.loads(answered.body["body"])["type"] == "urn:tocsin:problem:our-fault"
    line = json.loads(runtime.said.splitlines()[0])
    assert (line["level"], line["correlation_id"]) == ("ERROR", "request-1")
    assert "SETTLE_SECONDS" in line["message"]
