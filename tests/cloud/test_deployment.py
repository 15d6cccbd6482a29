"""The whole stack: what was built is deployed by SAM, run, broken, mended, and read back, on a stand-in for AWS.

``bash .ci/run deploy`` builds for this machine and runs it. The stand-in checks no permissions (``test_permissions``
does) and knows no CodeDeploy, so new versions go live at once here.
"""

import json
import os
import re
import shutil
import subprocess
import sys
import time
from pathlib import Path

import boto3
import pytest

from tests import tables
from tests.api.client import event
from tests.aws_proxy import Recorder
from tests.cloud.cloudformation import ROOT, Stack, statements
from tocsin.demo import DEMO_API_KEY, DEMO_APP_KEY, DatadogServer, MonitorId, demo_world

SAM = ROOT / ".tools" / "sam" / "bin" / "sam"
SECRET = "tocsin/datadog"
BUCKET = "tocsin-artifacts"
PATIENCE = 100.0
"""Seconds to wait for the schedule, which runs each minute."""


@pytest.fixture(scope="module")
def built():
    """Return the template that sam build made for this machine, or skip aloud."""
    path = os.environ.get("TOCSIN_BUILT_TEMPLATE")
    if not path:
        pytest.skip("nothing was built for this machine: 'bash .ci/run deploy' builds the stack and runs this")
    if not SAM.is_file() or tables.ministack_program() is None:
        pytest.skip("SAM or the stand-in is missing: 'make tools' installs both")
    return Path(path).resolve()


@pytest.fixture(scope="module")
def datadog():
    """Return a simulated Datadog whose shop is quiet."""
    with DatadogServer(demo_world()) as server:
        yield server


@pytest.fixture(scope="module")
def cloud(built, datadog, tmp_path_factory):
    """Return the cloud with the stack in it."""
    folder = tmp_path_factory.mktemp("cloud")
    with tables.ministack(folder) as url:
        cloud = Cloud(url, folder)
        keys = {"api_key": DEMO_API_KEY, "app_key": DEMO_APP_KEY}
        cloud.client("secretsmanager").create_secret(Name=SECRET, SecretString=json.dumps(keys))
        cloud.client("s3").create_bucket(Bucket=BUCKET)
        cloud.deploy(at_once(built, folder), DatadogSecretName=SECRET, DatadogApiUrl=datadog.url)
        yield cloud


def at_once(template, folder):
    """Return a copy of what was built with CodeDeploy off: the stand-in expands templates by defaults alone."""
    copy = folder / "stack"
    shutil.copytree(template.parent, copy)
    text, times = re.subn(
        r"(?m)^(  GradualDeployment:\n    Type: String\n    Default: )'true'$", r"\1'false'", template.read_text()
    )
    assert times == 1
    (copy / template.name).write_text(text)
    return copy / template.name


class Cloud:
    """A stand-in for AWS and how to reach it."""

    def __init__(self, url, folder):
        self.url = url
        self.folder = folder
        self.asked = set()
        self.environ = {
            "AWS_ACCESS_KEY_ID": "testing",
            "AWS_SECRET_ACCESS_KEY": "testing",
            "AWS_DEFAULT_REGION": tables.REGION,
            "AWS_ENDPOINT_URL": url,
            "HOME": str(folder),
            "PATH": os.environ["PATH"],
        }

    def client(self, service):
        """Return a client of a service."""
        return boto3.session.Session().client(service, endpoint_url=self.url, **tables.KEYS)

    def deploy(self, template, **parameters):
        """Deploy as deploy-to.yml does, and note what that asks AWS for."""
        options = ["--stack-name", "tocsin", "--s3-bucket", BUCKET, "--s3-prefix", "tocsin"]
        options += ["--role-arn", "arn:aws:iam::000000000000:role/deploy", "--capabilities", "CAPABILITY_IAM"]
        quiet = ["--no-confirm-changeset", "--no-fail-on-empty-changeset", "--no-progressbar"]
        given = [f"{name}={value}" for name, value in parameters.items()]
        with Recorder(self.url) as recorder:
            done = subprocess.run(
                [SAM, "deploy", "--template-file", template, *options, *quiet, "--parameter-overrides", *given],
                cwd=self.folder,
                env=self.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_ENDPOINT_URL": recorder.url},
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                timeout=300,
                check=False,
            )
        self.asked |= recorder.calls
        assert done.returncode == 0, done.stdout[-3000:] + done.stderr[-3000:]
        return done.stdout

    def run(self):
        """Run the live version once, and return (the version, how it failed, its report)."""
        answer = self.client("lambda").invoke(FunctionName="tocsin-sync", Qualifier="live", Payload=b"{}")
        return answer["ExecutedVersion"], answer.get("FunctionError"), json.loads(answer["Payload"].read())

    def tocsin(self, *words):
        """Run the command line on the stack's table, and return what it printed as JSON."""
        settings = {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": "tocsin-incidents"}
        done = subprocess.run(
            [sys.executable, ROOT / "cli.py", *words],
            cwd=self.folder,
            env=self.environ | settings,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return json.loads(done.stdout)

    def ask(self, method, path, body=None, **headers):
        """Ask the live version of the API as API Gateway does; return the status and the answer."""
        sent = event(method, path, b"" if body is None else json.dumps(body).encode(), headers)
        answer = self.client("lambda").invoke(
            FunctionName="tocsin-api", Qualifier="live", Payload=json.dumps(sent).encode()
        )
        assert "FunctionError" not in answer, answer["Payload"].read()
        said = json.loads(answer["Payload"].read())
        return said["statusCode"], json.loads(said["body"] or "null")

    def failed_runs(self):
        """Return what lies in the queue of failed runs, and take it out."""
        sqs = self.client("sqs")
        queue = sqs.get_queue_url(QueueName="tocsin-failed-runs")["QueueUrl"]
        found = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages", [])
        for one in found:
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=one["ReceiptHandle"])
        return [json.loads(one["Body"]) for one in found]


def eventually(ask, what):
    """Wait until ``ask`` returns something."""
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        found = ask()
        if found:
            return found
        time.sleep(1)
    pytest.fail(f"no {what} within {PATIENCE:.0f} seconds")


def test_what_fires_becomes_an_incident_that_the_command_line_reads(cloud, datadog):
    """From Datadog through the function into the table, and out again."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    version, failure, report = cloud.run()
    assert failure is None, report
    assert report["complete"] is True
    assert len(report["opened"]) == 1
    (incident,) = cloud.tocsin("list", "--json")
    assert incident["id"] == report["opened"][0]
    assert incident["title"] == "Checkout: error rate is high"
    assert version != "$LATEST"


def test_what_somebody_does_at_the_command_line_the_function_respects(cloud):
    """They share the table: an acknowledgement here is known there, and nothing is opened twice."""
    (incident,) = cloud.tocsin("list", "--json")
    cloud.tocsin("ack", incident["id"], "--by", "ann", "--json")
    _, failure, report = cloud.run()
    assert failure is None, report
    assert report["opened"] == []
    (incident,) = cloud.tocsin("list", "--json")
    assert incident["status"] == "acknowledged"


def test_what_is_pushed_becomes_an_incident_beside_what_is_pulled(cloud):
    """With a key that the command line made; and it is not ready before the table is."""
    status, ready = cloud.ask("GET", "/health/ready")
    assert (status, ready["store"], ready["lacks"]) == (200, True, [])
    assert ready["last_sweep_seconds"] < 300
    refused, _ = cloud.ask("POST", "/api/v1/alerts", {"message": "x"})
    assert refused == 401
    key = cloud.tocsin("key", "create", "test", "--scope", "admin", "--json")["key"]
    alert = {"service": "basket", "severity": "low", "message": "Basket is slow", "key": "basket"}
    status, taken = cloud.ask("POST", "/api/v1/alerts", alert, authorization=f"Bearer {key}")
    assert status == 200
    assert cloud.ask("POST", "/api/v1/alerts", alert, authorization=f"Bearer {key}") == (200, taken)
    (incident,) = cloud.tocsin("list", "--source", "generic", "--json")
    assert incident["id"] == taken["taken"][0]["incident"]
    deleted, problem = cloud.ask("DELETE", f"/api/v1/incidents/{incident['id']}", authorization=f"Bearer {key}")
    assert (deleted, problem["title"]) == (409, "Illegal move")
    cloud.ask("POST", "/api/v1/alerts", {"key": "basket", "state": "resolved"}, authorization=f"Bearer {key}")
    assert cloud.ask("DELETE", f"/api/v1/incidents/{incident['id']}", authorization=f"Bearer {key}") == (204, None)


def test_the_schedule_runs_it_by_itself(cloud, datadog):
    """Nobody invokes it; within about a minute there is a second incident."""
    datadog.world.trigger(MonitorId.PAYMENT_DECLINES)
    assert eventually(lambda: len(cloud.tocsin("list", "--json")) == 2, "run by the schedule")


def test_a_failed_run_is_kept_and_rotated_keys_need_no_deployment(cloud, datadog):
    """Refused keys fail a run, which is kept with its reason; the new keys heal the next one."""
    datadog._keys = (rotated := "rotated" * 4, DEMO_APP_KEY)
    lambdas = cloud.client("lambda")
    # The stand-in looks at what is set for $LATEST, whatever version it runs.
    live = lambdas.get_function_event_invoke_config(FunctionName="tocsin-sync", Qualifier="live")
    limits = {name: live[name] for name in ("MaximumRetryAttempts", "MaximumEventAgeInSeconds", "DestinationConfig")}
    lambdas.put_function_event_invoke_config(FunctionName="tocsin-sync", **limits)
    lambdas.invoke(FunctionName="tocsin-sync", InvocationType="Event", Payload=b'{"asked": "by the test"}')
    kept = eventually(cloud.failed_runs, "failed run")
    assert kept[0]["requestPayload"] == {"asked": "by the test"}
    assert "refused the keys" in kept[0]["responsePayload"]["errorMessage"]
    assert rotated not in json.dumps(kept)
    assert DEMO_API_KEY not in json.dumps(kept)
    cloud.client("secretsmanager").put_secret_value(
        SecretId=SECRET, SecretString=json.dumps({"api_key": rotated, "app_key": DEMO_APP_KEY})
    )
    _, failure, report = cloud.run()
    assert failure is None, report
    assert report["complete"] is True


def test_deploying_the_same_again_changes_nothing_and_is_no_error(cloud, built, datadog):
    """A workflow that is run twice stays green."""
    stack = cloud.folder / "stack" / built.name
    before = cloud.run()[0]
    cloud.deploy(stack, DatadogSecretName=SECRET, DatadogApiUrl=datadog.url)
    assert cloud.run()[0] == before


def test_the_workflows_role_may_ask_for_what_a_deployment_asks_for_and_nothing_else(cloud):
    """The first one and one of the same again: with CloudFormation word for word, with files under the stack's name."""
    beside = Stack("infra/github-oidc.yaml", Repository="ann/tocsin", Environment="staging", StackName="tocsin")
    allowed = {action for one in statements(beside.properties("GitHubRole")) for action in one["Action"]}
    asked = {action for action, _ in cloud.asked}
    # To pass the role on, to hear "not found" from S3 in place of "forbidden", and to run the function once.
    assert allowed == asked | {"iam:PassRole", "s3:ListBucket", "lambda:InvokeFunction"}
    assert {what for action, what in cloud.asked if action.startswith("cloudformation:")} == {"tocsin"}
    files = [what for action, what in cloud.asked if action.startswith("s3:")]
    assert [one for one in files if not one.startswith(f"/{BUCKET}/tocsin/")] == []


def test_every_alarm_and_queue_is_there(cloud):
    """What the template says is what was made."""
    alarms = cloud.client("cloudwatch").describe_alarms(AlarmNamePrefix="tocsin-")["MetricAlarms"]
    said = Stack("template.yaml", DatadogSecretName=SECRET).of_type("AWS::CloudWatch::Alarm")
    assert {one["AlarmName"] for one in alarms} == {one["AlarmName"] for one in said.values()}
    invoke = cloud.client("lambda").get_function_event_invoke_config(FunctionName="tocsin-sync", Qualifier="live")
    assert invoke["MaximumRetryAttempts"] == 0
    schedule = cloud.client("scheduler").get_schedule(Name="tocsin-sync")
    assert schedule["Target"]["Arn"].endswith(":function:tocsin-sync:live")


def test_the_incidents_outlive_the_stack(cloud):
    """The stack is deleted; the table is there, with all that was in it."""
    cloudformation = cloud.client("cloudformation")
    cloudformation.delete_stack(StackName="tocsin")
    cloudformation.get_waiter("stack_delete_complete").wait(StackName="tocsin", WaiterConfig={"Delay": 1})
    assert len(cloud.tocsin("list", "--json")) == 2
