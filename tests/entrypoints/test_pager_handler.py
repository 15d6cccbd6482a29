"""The pager on Lambda: what a round does, answers, logs, counts and raises, called by the schedule and by the stream."""

import json
from datetime import timedelta

import pytest

from tests.desk import NOON
from tests.entrypoints.function import Context, PagerFunction
from tests.mail_server import Mailbox, serving
from tests.provider import provider
from tests.tables import REGION, a_table
from tocsin.domain.access import UserRole
from tocsin.domain.audit import Actor
from tocsin.domain.change import Change, Record, RecordWrite
from tocsin.domain.draft import TIMER
from tocsin.domain.intents import ESCALATION
from tocsin.domain.page import PAGE
from tocsin.domain.rules import Rules
from tocsin.entrypoints.pager_handler import MOST_LOOKED_AT, SENDING_SECONDS, SOON, WAKING
from tocsin.errors import ConfigurationError, NoTable
from tocsin.ids import random_id
from tocsin.services.auditing import AuditLog
from tocsin.services.deadline import MARGIN
from tocsin.services.due import NOTICE, WATCH
from tocsin.services.heartbeats import HEARTBEAT, TICK
from tocsin.services.incidents import IncidentService
from tocsin.services.paging.delivering import LEASE
from tocsin.services.paging.rounds import KINDS
from tocsin.services.policies import POLICY
from tocsin.services.users import Users
from tocsin.storage.dynamodb_keys import due_place, due_shard, record_key
from tocsin.storage.dynamodb_store import DynamoDbStore
from tocsin.storage.json_store import JsonStore

pytestmark = pytest.mark.usefixtures("quiet_logs")

NOTHING = {"batchItemFailures": []}
HOW = {"clock": lambda: NOON, "new_id": random_id}


@pytest.fixture
def mailbox():
    """Return what keeps the letters that arrive."""
    return Mailbox()


@pytest.fixture
def environ(tmp_path, mailbox):
    """Return the environment of a pager that works on a file, and sends mail."""
    with serving(mailbox) as port:
        yield {
            "INCIDENTS_FILE": str(tmp_path / "incidents.json"),
            "LOG_LEVEL": "INFO",
            "SMTP_URL": f"smtp://127.0.0.1:{port}",
            "MAIL_FROM": "ops@example.org",
        }


@pytest.fixture
def store(environ):
    """Return the store of the environment, with somebody who can be told."""
    opened = JsonStore(environ["INCIDENTS_FILE"])
    hire(opened)
    yield opened
    opened.close()


def hire(store):
    """Add somebody, and a policy that pages her."""
    log, boss = AuditLog(store, **HOW), Actor("a test")
    ana = Users(store, log, **HOW).add("ana@example.com", "Ana", UserRole.ADMIN, actor=boss)
    policy = {
        "id": "default",
        "name": "Default",
        "steps": [{"actions": [{"type": "notify", "target": f"user:{ana.id}"}]}],
    }
    put(store, POLICY, "default", due_at=None, **policy)


def opened(store):
    """Open an incident, and return the escalation that pages for it."""
    incident = IncidentService(store, rules=Rules(), **HOW).open("Checkout is down", by="bo", severity="critical")
    return store.record(ESCALATION, f"{incident.id}:1")


def put(store, kind, record_id, *, due_at=NOON, **body):
    """Put a record beside the others, as a fault of ours might."""
    record = Record(kind=kind, id=record_id, body=body, due_at=due_at)
    store.commit(Change(id=random_id(), at=NOON, records=(RecordWrite(kind=kind, id=record_id, record=record),)))
    return record


def stream(*records):
    """Return what the table's stream hands over when these were written; they are numbered from 1 on."""
    images = [
        {**record_key(one.kind, one.id), "due_pk": {"S": due_shard(one)}, "due_sk": {"S": due_place(one, one.due_at)}}
        for one in records
    ]
    return {
        "Records": [
            {
                "eventName": "INSERT",
                "dynamodb": {
                    "Keys": {name: image[name] for name in ("pk", "sk")},
                    "NewImage": image,
                    "SequenceNumber": str(number),
                },
            }
            for number, image in enumerate(images, 1)
        ]
    }


def failures(*numbers):
    """Return the answer that asks for these again."""
    return {"batchItemFailures": [{"itemIdentifier": str(one)} for one in numbers]}


class TestWhoCalls:
    def test_the_schedule_pages_whoever_is_to_be_paged(self, environ, store, mailbox):
        """And it is said how it went: in the log, in metrics, and in the record that doctor reads."""
        opened(store)
        ran = PagerFunction(environ)()
        assert (ran.error, ran.report) == (None, NOTHING)
        ((envelope, _, _),) = mailbox.got
        assert envelope.rcpt_tos == ["ana@example.com"]
        assert ran.metrics == {
            "Rounds": 1,
            "SuccessfulRounds": 1,
            "OldestDuePageSeconds": 0,
            "PagesSent": 1,
            "ColdStart": 1,
        }
        (line,) = [one for one in ran.logs if one["message"] == "paged"]
        assert (line["sent"], line["left"], line["service"]) == (1, 0, "tocsin-pager")
        assert store.record(HEARTBEAT, TICK).body == {"at": NOON.isoformat()}
        assert "ana@" not in ran.text

    def test_what_is_told_after_the_pages_counts_with_them(self, environ, store, mailbox):
        """A notice becomes a page in the same round."""
        opened(store)
        ana = store.record(POLICY, "default").body["steps"][0]["actions"][0]["target"].removeprefix("user:")
        put(store, NOTICE, "n", what="silence_ends", silence="s", incidents=["INC-1"], user=ana)
        ran = PagerFunction(environ)()
        assert (ran.metrics["PagesSent"], len(mailbox.got)) == (2, 2)

    def test_the_stream_pages_at_once(self, environ, store, mailbox):
        """It does not hide that the schedule has stopped: only the schedule's rounds count as successful."""
        ran = PagerFunction(environ)(event=stream(opened(store)))
        assert (ran.error, ran.report, len(mailbox.got)) == (None, NOTHING, 1)
        assert ran.metrics["PagesSent"] == 1
        assert "SuccessfulRounds" not in ran.metrics
        assert store.record(HEARTBEAT, TICK) is None

    def test_a_round_does_whatever_is_due_whoever_called_for_it(self, environ, store, mailbox):
        """So that nobody waits for the shard that his own record is in."""
        one, _ = opened(store), opened(store)
        assert PagerFunction(environ)(event=stream(one)).report == NOTHING
        assert "INC-1002" in b"".join(envelope.content for envelope, _, _ in mailbox.got).decode()

    def test_on_a_table_it_does_the_same(self, environ, moto, mailbox):
        """With what AWS gives it; also where an id is too long to be a key."""
        store = DynamoDbStore(moto, a_table(moto))
        hire(store)
        escalation = opened(store)
        long = put(store, PAGE, "x" * 2000, nonsense=True)
        table = {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": store._table, "AWS_REGION": REGION}
        ran = PagerFunction(environ | table | {"AWS_LAMBDA_FUNCTION_NAME": "tocsin-pager"})(
            event=stream(escalation, long)
        )
        assert (ran.error, ran.report, len(mailbox.got)) == (None, failures(2), 1)

    def test_what_is_made_for_the_first_round_serves_the_next(self, environ, store):
        """And only the first is a cold start."""
        function = PagerFunction(environ)
        function.handler.prepare()
        parts = function.handler._parts
        first, second = function(), function.minutes(1)()
        assert function.handler._parts is parts
        assert ("ColdStart" in first.metrics, "ColdStart" in second.metrics) == (True, False)
        assert second.logs == []

    def test_what_is_not_due_yet_needs_no_round(self, environ, store, mailbox):
        """Nothing is read and nothing counted; the schedule is there when it comes."""
        opened(store)
        later = put(store, PAGE, "INC-1:1:1.1.1:user:ana:mail", due_at=NOON + timedelta(minutes=5))
        ran = PagerFunction(environ)(event=stream(later))
        assert (ran.report, ran.text, mailbox.got) == (NOTHING, "", [])

    def test_who_wrote_may_have_a_clock_before_ours(self, environ, store, mailbox):
        """A moment is waited for, rather than a minute."""
        slept = []
        function = PagerFunction(environ, sleep=lambda seconds: slept.append(seconds) or function.minutes(seconds / 60))
        function.now = NOON - SOON
        escalation = opened(store)
        assert function(event=stream(escalation)).report == NOTHING
        assert (slept, len(mailbox.got)) == ([SOON.total_seconds()], 1)

    @pytest.mark.parametrize(
        "record",
        [
            None,
            {},
            {"dynamodb": None},
            {"dynamodb": {"Keys": {"pk": "x"}, "NewImage": {"due_sk": {"S": "soon#page"}}, "SequenceNumber": 7}},
            {"dynamodb": {"NewImage": {"due_sk": {"S": "2030-01-01T00:00:00"}}}},
        ],
    )
    def test_a_record_that_cannot_be_read_may_be_anything(self, environ, store, mailbox, record):
        """So there is a round, and nothing is asked for again."""
        opened(store)
        ran = PagerFunction(environ)(event={"Records": [record]})
        assert (ran.error, ran.report, len(mailbox.got)) == (None, NOTHING, 1)

    def test_an_empty_batch_is_one(self, environ, store):
        """It is not taken for the schedule."""
        assert "SuccessfulRounds" not in PagerFunction(environ)(event={"Records": []}).metrics


class TestWhatFails:
    def test_one_bad_record_never_spoils_the_rest(self, environ, store, mailbox):
        """The others are paged; of the batch only the bad one comes again, and how long it waits is counted."""
        bad, good = put(store, PAGE, "bad", nonsense=True), opened(store)
        function = PagerFunction(environ).minutes(4)
        ran = function(event=stream(bad, good))
        assert (ran.error, ran.report, len(mailbox.got)) == (None, failures(1), 1)
        assert (ran.metrics["OldestDuePageSeconds"], ran.metrics["PagesSent"]) == (240, 1)
        assert ran.metrics["PagesLeft"] == 1
        assert [one for one in ran.said("ERROR") if "the page bad cannot be understood" in one]
        assert function().metrics["SuccessfulRounds"] == 1

    def test_a_step_that_breaks_is_told_and_comes_again(self, environ, store, mailbox):
        """Whatever it is that breaks."""
        bad, good = put(store, ESCALATION, "nonsense", cycle="x"), opened(store)
        ran = PagerFunction(environ)(event=stream(good, bad))
        assert (ran.error, ran.report, len(mailbox.got)) == (None, failures(2), 1)
        assert [one for one in ran.said("ERROR") if "stays due" in one]

    @pytest.mark.parametrize("kind", [WATCH, TIMER])
    def test_what_is_due_beside_pages_keeps_nobody_waiting(self, environ, store, mailbox, kind):
        """Everybody is told first; then the schedule's run fails, so that somebody looks."""
        put(store, kind, "bad", what="expire")
        opened(store)
        function = PagerFunction(environ)
        ran = function()
        assert (ran.error is None, len(mailbox.got)) == (False, 1)
        assert (ran.metrics["FailedRounds"], ran.metrics["SuccessfulRounds"], ran.metrics["PagesSent"]) == (1, 1, 1)
        assert len(ran.said("ERROR")) == 1
        again = function(event=stream(opened(store)))
        assert (again.error, again.report, again.metrics["FailedRounds"]) == (None, NOTHING, 1)
        assert len(mailbox.got) == 2

    def test_codes_and_letters_do_not_wait_for_a_bad_timer_either(self, environ, store):
        """A code that is nobody's any more is done with, although a timer breaks the tick."""
        put(store, TIMER, "bad", what="expire")
        put(store, "code", "nobody:1", nonce="n", contact_version=1, asked=[NOON.isoformat()], version=1)
        PagerFunction(environ)()
        assert store.record("code", "nobody:1").due_at is None

    def test_a_page_that_is_tried_again_is_no_failure(self, environ, store):
        """It is due at its next try, and until then held."""
        with serving(Mailbox()) as port:
            pass
        ran = PagerFunction(environ | {"SMTP_URL": f"smtp://127.0.0.1:{port}"})(event=stream(opened(store)))
        assert (ran.error, ran.report) == (None, NOTHING)
        assert ran.metrics["OldestDuePageSeconds"] == 0
        (page,) = store.records(PAGE, limit=10)
        assert page.due_at > NOON

    def test_a_setting_that_is_missing_is_told_in_one_line(self, environ, store):
        """And raised, each time: no page goes before it is right."""
        del environ["MAIL_FROM"]
        function = PagerFunction(environ)
        function.handler.prepare()
        for _ in range(2):
            ran = function()
            assert isinstance(ran.error, ConfigurationError)
            (line,) = ran.logs
            assert (line["level"], line["error"]) == ("ERROR", "ConfigurationError")
            assert "MAIL_FROM is not set" in line["message"]
            assert (ran.metrics["FailedRounds"], ran.metrics["SuccessfulRounds"]) == (1, 0)

    def test_without_a_table_the_round_fails(self, environ, moto):
        """By the stream too: the whole batch comes again."""
        environ |= {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": "nothing-there", "AWS_REGION": REGION}
        for event in (None, {"Records": []}):
            ran = PagerFunction(environ)(event=event)
            assert isinstance(ran.error, NoTable)
            assert ran.metrics["FailedRounds"] == 1
            assert "OldestDuePageSeconds" not in ran.metrics

    def test_no_secret_is_raised_or_logged(self, environ):
        """Wherever it came to stand."""
        secret = "hunter2hunter2"
        environ |= {"SEVERITY_RULES": f"/{secret}/rules.toml", "PUSHOVER_TOKEN": secret}
        ran = PagerFunction(environ)()
        assert isinstance(ran.error, RuntimeError)
        assert str(ran.error).startswith("ConfigurationError: ")
        assert secret not in ran.text + str(ran.error)


class TestTime:
    def test_nothing_is_begun_that_could_not_end(self, environ, store, mailbox):
        """What was not come to is no failure: the next round goes on with it."""
        escalation = opened(store)
        function = PagerFunction(environ)
        ran = function(Context(90, SENDING_SECONDS + MARGIN - 1), stream(escalation))
        assert (ran.error, ran.report, mailbox.got) == (None, NOTHING, [])
        assert [one for one in ran.said("WARNING") if "the time was over" in one]
        assert function(Context(90, SENDING_SECONDS + MARGIN + 1), stream(escalation)).error is None
        assert len(mailbox.got) == 1

    def test_what_is_begun_ends_before_its_lease(self):
        """Whoever dies at the very end holds nothing for longer than somebody who lives."""
        assert timedelta(seconds=SENDING_SECONDS + MARGIN) < LEASE

    def test_what_wakes_is_what_pages_and_what_becomes_pages(self):
        """The stream hands over nothing else; a round looks at more than it takes at once."""
        assert KINDS < WAKING
        assert MOST_LOOKED_AT >= 400


class TestHeartbeat:
    def test_a_healthy_round_of_the_schedule_calls(self, environ, store):
        """The stream does not: it comes only when there is something to do."""
        with provider() as there:
            function = PagerFunction(environ | {"HEARTBEAT_URL": f"{there.url}/ping/hunter2"})
            function(event=stream(opened(store)))
            assert there.asked == []
            ran = function()
        assert [one.path for one in there.asked] == ["/ping/hunter2"]
        assert "hunter2" not in ran.text

    @pytest.mark.parametrize("kind", [PAGE, WATCH])
    def test_a_round_that_left_something_does_not(self, environ, store, kind):
        """Somebody outside then asks why."""
        put(store, kind, "bad", nonsense=True)
        with provider() as there:
            PagerFunction(environ | {"HEARTBEAT_URL": there.url})()
        assert there.asked == []

    def test_a_monitor_that_is_away_fails_no_round(self, environ, store):
        """It is told, without the address."""
        with provider() as there:
            there.status = 500
            ran = PagerFunction(environ | {"HEARTBEAT_URL": f"{there.url}/hunter2"})()
        assert (ran.error, json.loads(ran.text.splitlines()[0])["level"]) == (None, "WARNING")
        assert "hunter2" not in ran.text
