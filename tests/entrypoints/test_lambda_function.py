"""What AWS calls: three handlers in one file, each loaded when it is asked for."""

import json
import subprocess
import sys

import pytest

import lambda_function
from tests.entrypoints.command_line import ROOT

LOADED = """
import json, sys
from lambda_function import {handler}
print(json.dumps(sorted(sys.modules)))
"""

ONLY_SYNC = ("tocsin.sources.datadog", "datadog_api_client")
ONLY_API = ("tocsin.api.frame", "aws_lambda_powertools.event_handler")
NEITHER = (
    *("click", "waitress", "filelock", "tocsin.entrypoints.cli", "tocsin.storage.json_store", "rich"),
    *("jwt", "cryptography", "argon2", "zxcvbn"),
)
WITH_THE_FIRST_PAGE = (
    *("apprise", "smtplib", "email.mime", "tocsin.channels.outbound", "tocsin.channels.smtp"),
    *("tocsin.channels.ses", "tocsin.channels.sns", "tocsin.channels.mail", "tocsin.channels.slack"),
    *("tocsin.channels.heartbeat", "tocsin.sources.alertmanager", "tocsin.sources.elastic"),
    *("tocsin.services.paging.lookup", "tocsin.services.paging.delivering", "tocsin.services.paging.escalating"),
    *("tocsin.services.courier", "tocsin.services.verification", "tocsin.services.watching"),
    *("tocsin.services.unsilencing", "tocsin.services.slack_replies", "tocsin.domain.reconcile"),
    "tocsin.identity.signing_keys",
)
"""What a round needs that has somebody to tell, or something of its kind to do; and a heartbeat, where there is one."""

WITH_THE_FIRST_OF_ITS_KIND = (
    *("tocsin.sources.generic", "tocsin.sources.alertmanager", "tocsin.sources.elastic"),
    *("tocsin.sources.datadog_webhook", "tocsin.services.ingest_datadog", "tocsin.api.openapi"),
)
"""What the first request that needs it imports."""


@pytest.mark.parametrize(
    "handler, others",
    [
        ("lambda_handler", ONLY_API),
        ("api_handler", (*ONLY_SYNC, *WITH_THE_FIRST_OF_ITS_KIND)),
        ("pager_handler", (*ONLY_SYNC, *ONLY_API, *WITH_THE_FIRST_PAGE)),
    ],
)
def test_a_handler_loads_nothing_that_only_another_needs(handler, others, tmp_path):
    """In a process of its own, with the settings of a function: a start is paid for each time."""
    done = subprocess.run(
        [sys.executable, "-c", LOADED.format(handler=handler)],
        cwd=ROOT,
        env={
            "USE_DYNAMODB": "true",
            "AWS_REGION": "us-east-1",
            "HOME": str(tmp_path),
            "DATADOG_SECRET_NAME": "x",
            "SMTP_SECRET_NAME": "x",
            "MAIL_FROM": "ops@example.com",
            "SES_FROM": "ops@example.com",
            "SMS_PROVIDER": "sns",
            "CHANNELS_SECRET_NAME": "x",
            "HEARTBEAT_URL": "https://example.com",
        },
        capture_output=True,
        text=True,
        check=True,
    )
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert "tocsin.storage.dynamodb_store" in loaded
    assert loaded & {*others, *NEITHER} == set()


def test_there_are_three_handlers_and_no_fourth():
    """A misspelt one is said by its name."""
    assert lambda_function.__all__ == ["api_handler", "lambda_handler", "pager_handler"]
    with pytest.raises(AttributeError, match="there is no handler handler"):
        _ = lambda_function.handler
