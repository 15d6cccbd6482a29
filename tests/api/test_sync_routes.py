"""A sweep and a tick that somebody asks for: what they come to, and what ends them in time."""

from datetime import timedelta

import pytest

from tests.api.client import V1, Client, event
from tests.desk import NOON, says
from tests.fakes import MemoryStore
from tocsin.api.sync import MOST_SENT, SyncAnswer
from tocsin.domain.alert import Source, Sweep
from tocsin.errors import KeysRefused, Unreachable
from tocsin.services.sync import SyncReport

SYNC, TICK = f"{V1}/sync", f"{V1}/tick"


class Datadog:
    """A source that says what it is told; ``deadlines`` are those that it was asked with."""

    source = Source.DATADOG

    def __init__(self):
        self.says = []
        self.error = None
        self.complete = True
        self.deadlines = []
        self.takes = timedelta(0)
        self.client = None

    def __call__(self, deadline):
        """Sweep within a deadline."""
        self.deadlines.append(deadline)
        return self

    def sweep(self, known):
        """Say what fires."""
        if self.error:
            raise self.error
        self.client.now += self.takes
        return Sweep(
            source=self.source,
            started_at=self.client.now,
            complete=self.complete,
            why_incomplete="" if self.complete else "page 2",
            observations=[one.model_copy(update={"observed_at": self.client.now}) for one in self.says],
            seen=frozenset(one.origin for one in self.says),
            with_groups=frozenset(one.origin for one in self.says),
        )


@pytest.fixture
def datadog():
    """Return what is swept."""
    return Datadog()


@pytest.fixture
def client(datadog):
    """Return an API whose Datadog that is."""
    datadog.client = Client(MemoryStore(), datadog=datadog)
    return datadog.client


def test_a_sync_opens_what_fires(client, datadog):
    """And answers the report that the command line prints."""
    datadog.says = [says(1, since=0)]
    reply = client.post(SYNC)
    assert (reply.status, reply.json["opened"], reply.json["complete"]) == (200, ["INC-1001"], True)
    report = SyncReport.model_validate(reply.json)
    assert reply.json == report.model_dump(mode="json") | {"left_out": {}}
    assert client.store.incident("INC-1001") is not None


def test_a_dry_run_writes_nothing(client, datadog):
    """It says what would be."""
    datadog.says = [says(1, since=0)]
    assert client.post(SYNC, {"dry_run": True}).json["opened"] == ["(new 1)"]
    assert client.store.incident("INC-1001") is None


@pytest.mark.parametrize("body", [{"dry_run": "yes"}, {"dry_run": 0}, {"adopt": None}, {"dryrun": True}])
def test_what_is_not_said_clearly_syncs_nothing(client, datadog, body):
    """A misspelt dry run would write."""
    datadog.says = [says(1, since=0)]
    assert client.post(SYNC, body).problem == "invalid-input"
    assert client.store.incident("INC-1001") is None


def test_what_fires_already_can_be_adopted(client, datadog):
    """Nobody is paged for it."""
    datadog.says = [says(1, since=0)]
    assert client.post(SYNC, {"adopt": True}).json["decisions"] == {"adopted": 1}


def test_an_incomplete_sweep_is_answered_as_done_and_says_so(client, datadog):
    """What was read was applied."""
    datadog.complete = False
    reply = client.post(SYNC)
    assert (reply.status, reply.json["complete"], reply.json["why_incomplete"]) == (200, False, "page 2")


def test_without_keys_of_datadog_a_sync_is_refused(datadog):
    """With where they are to be set."""
    reply = Client(MemoryStore()).post(SYNC)
    assert (reply.status, reply.problem, "DATADOG_API_KEY" in reply.json["hint"]) == (409, "no-datadog", True)


@pytest.mark.parametrize(
    "error, slug, again",
    [
        (KeysRefused("Datadog refused the keys", hint="make others"), "keys-refused", False),
        (Unreachable("Datadog was silent"), "unreachable", True),
    ],
)
def test_why_datadog_cannot_be_read_is_told_to_who_can_mend_it(client, datadog, error, slug, again):
    """An administrator asks; the log has it too, and what is due is done all the same."""
    datadog.error = error
    reply = client.post(SYNC)
    assert (reply.status, reply.problem, reply.json["detail"]) == (502, slug, str(error))
    assert reply.json.get("hint", "") == error.hint
    assert ("Retry-After" in reply.headers) is again
    assert client.log.of("ERROR")[0][0] == f"a request failed: {error}"


def test_a_sync_begins_nothing_when_its_time_is_nearly_over(client, datadog):
    """What is left is said, and done by the next."""
    datadog.says = [says(1, since=0)]
    datadog.takes = timedelta(seconds=20)
    said = client.post(SYNC).json
    assert (said["out_of_time"], said["opened"], len(said["unfinished"])) == (True, [], 1)
    datadog.takes = timedelta(seconds=19)
    again = client.post(SYNC).json
    assert (again["out_of_time"], len(again["opened"]), again["unfinished"]) == (False, 1, [])


class Lambda:
    """What Lambda tells of a request."""

    def __init__(self, seconds):
        self._seconds = seconds

    def get_remaining_time_in_millis(self):
        """Return what is left to the function."""
        return int(1000 * self._seconds)


@pytest.mark.parametrize("told, left", [(29, 10), (11, 4.4), (60, 10)])
def test_a_sweep_has_half_of_what_is_left_to_the_request(client, datadog, told, left):
    """By the function's own deadline, and within what API Gateway waits."""
    headers = {"authorization": f"Bearer {client.token}"}
    assert client.api(event("POST", SYNC, headers=headers), Lambda(told))["statusCode"] == 200
    assert datadog.deadlines[0].for_sweep(120) == pytest.approx(left)


def test_a_report_fits_into_an_answer_of_lambda():
    """Long lists are cut, and it says by how much."""
    opened = tuple(f"INC-{number}" for number in range(MOST_SENT + 3))
    report = SyncReport(
        source=Source.DATADOG, at=NOON, seconds=1, dry_run=False, complete=True, monitors=1, decisions={}, opened=opened
    )
    said = SyncAnswer.of(report)
    assert (said.opened, said.left_out) == (opened[:MOST_SENT], {"opened": 3})


def test_a_repeated_sync_sweeps_again(client, datadog):
    """It is no harm, and what it says is true of now: no answer is kept."""
    client.post(SYNC, idempotency_key="k")
    datadog.says = [says(1, since=0)]
    assert client.post(SYNC, idempotency_key="k").json["opened"] == ["INC-1001"]


def test_a_tick_does_what_is_due(client, datadog):
    """What has settled is resolved. It is no round of the pager: of that nothing is noted."""
    datadog.says = [says(1, since=0)]
    client.post(SYNC)
    datadog.says = [says(1, "OK", resolved=0)]
    client.post(SYNC)
    assert client.post(TICK).json == {"resolved": [], "cycles_started": [], "left": 0}
    client.minutes(6)
    assert client.post(TICK).json["resolved"] == ["INC-1001"]
    assert client.get("/health/ready").json["last_tick"] is None


def test_a_tick_leaves_what_it_has_no_time_for(client, datadog):
    """To the next."""
    datadog.says = [says(1, since=0)]
    client.post(SYNC)
    datadog.says = [says(1, "OK", resolved=0)]
    client.post(SYNC)
    client.minutes(6)
    headers = {"authorization": f"Bearer {client.token}"}
    assert '"left":1' in client.api(event("POST", TICK, headers=headers), Lambda(0))["body"]
    assert client.post(TICK).json["resolved"] == ["INC-1001"]
