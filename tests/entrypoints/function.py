"""The Lambda function as tests use it: inside this process, with a context and a clock that are turned by hand."""

import contextlib
import io
import itertools
import json
from datetime import timedelta
from typing import NamedTuple

from tests.desk import NOON
from tests.entrypoints.command_line import API_KEY, APP_KEY
from tocsin.entrypoints.pager_handler import PagerHandler
from tocsin.entrypoints.sync_handler import SyncHandler


class Context:
    """What Lambda tells of a run; ``left`` are the seconds that it answers with, the last one for ever."""

    def __init__(self, *left, request_id="5c1f6c2e-request"):
        self.aws_request_id = request_id
        self._left = list(left) or [50.0]

    def get_remaining_time_in_millis(self):
        """Return the next answer."""
        return int(1000 * (self._left.pop(0) if len(self._left) > 1 else self._left[0]))


class Ran(NamedTuple):
    """What a run came to and wrote."""

    report: dict | None
    error: Exception | None
    text: str

    @property
    def documents(self):
        """Every line that it wrote, as JSON: there is nothing else."""
        return [json.loads(line) for line in self.text.splitlines()]

    @property
    def logs(self):
        """The lines of the log."""
        return [one for one in self.documents if "_aws" not in one]

    @property
    def metrics(self):
        """The metrics by name, those of a severity as ``Name/severity``."""
        found = {}
        for document in (one for one in self.documents if "_aws" in one):
            severity = f"/{document['severity']}" if "severity" in document else ""
            for metric in document["_aws"]["CloudWatchMetrics"][0]["Metrics"]:
                found[metric["Name"] + severity] = sum(document[metric["Name"]])
        return found

    def said(self, level):
        """Return the texts that were logged at this level."""
        return [one["message"] for one in self.logs if one["level"] == level]


class Function:
    """One process on Lambda: it is called again and again, and keeps what it made."""

    makes = SyncHandler

    def __init__(self, environ, **options):
        self.now = NOON
        self.slept = []
        ids = itertools.count(1)
        settings = {"clock": lambda: self.now, "sleep": self.slept.append, "new_id": lambda: f"change-{next(ids)}"}
        self.handler = self.makes(environ, **settings | options)

    def minutes(self, number):
        """Let time pass."""
        self.now += timedelta(minutes=number)
        return self

    def __call__(self, context=None, event=None):
        """Run once."""
        out, report, error = io.StringIO(), None, None
        with contextlib.redirect_stdout(out):
            try:
                report = self.handler(event if event is not None else {"detail": {}}, context or Context())
            except Exception as raised:  # noqa: BLE001 - as Lambda does
                error = raised
        said = out.getvalue()
        for secret in (API_KEY, APP_KEY):
            assert secret not in said
            assert error is None or secret not in str(error)
        return Ran(report, error, said)


class PagerFunction(Function):
    """The same for the pager."""

    makes = PagerHandler
