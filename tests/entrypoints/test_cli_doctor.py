"""``doctor`` says of everything that a sync needs what is wrong, and what mends it."""

import os
from datetime import UTC, datetime, timedelta

import pytest

from tests.aws_proxy import Refusing
from tests.cloud.cloudformation import Stack, granted
from tests.entrypoints.command_line import API_KEY
from tests.mail_server import Mailbox, serving
from tests.tables import REGION, a_table
from tocsin.demo import DatadogServer, demo_world
from tocsin.demo.faults import ServerError
from tocsin.entrypoints.checks import _clock
from tocsin.entrypoints.permissions import PROBE
from tocsin.services.heartbeats import note_tick
from tocsin.storage.dynamodb_store import DynamoDbStore


@pytest.fixture
def shop(shop):
    """Return the command line at the true time, by which the simulated Datadog goes."""
    shop.now = datetime.now(UTC)
    return shop


@pytest.fixture
def well(shop):
    """Return a command line whose last sync was just now."""
    shop("sync")
    return shop


def checks(said):
    """Return the checks of a doctor by name."""
    return {one["check"]: one for one in said.json}


def test_all_is_well_after_a_sync(well):
    """Every check is good, and the exit status says so to scripts."""
    said = well("doctor", "--json")
    assert said.status == 0
    assert {one["check"]: one["verdict"] for one in said.json} == dict.fromkeys(
        ("settings", "rules", "keys", "Datadog", "clock", "store", "permissions", "last sync"), "good"
    )
    assert "Next" not in well("doctor").out


def test_it_asks_datadog_for_one_empty_page(well, datadog):
    """A check must not cost what a sweep does."""
    datadog.forget_requests()
    well("doctor")
    assert [one.status for one in datadog.requests] == [200]


def test_before_the_first_sync_it_says_how_to_begin(shop):
    """That is no error."""
    said = shop("doctor")
    assert said.status == 0
    assert "last sync: there was none yet\n  tocsin sync --dry-run shows what it would do" in said.out


def test_settings_that_cannot_be_read_are_the_first_thing_to_mend(tocsin):
    """The rest needs them."""
    said = tocsin("doctor", "--json", SETTLE_SECONDS="soon")
    found = checks(said)
    assert said.status == 2
    assert found["settings"]["found"].startswith("SETTLE_SECONDS is 'soon'")
    assert found["settings"]["mend"]
    assert {one["verdict"] for name, one in found.items() if name != "settings"} == {"skipped"}


def test_missing_keys_are_named(tocsin):
    """And where to put them."""
    said = tocsin("doctor")
    assert said.status == 2
    assert "keys: DATADOG_API_KEY and DATADOG_APP_KEY are not set" in said.out
    assert "  cp .env.example .env, and fill in the two keys; tocsin demo works without\n" in said.out


def test_a_rules_file_that_cannot_be_read_is_named(shop, tmp_path):
    """With the line of the file's own reader."""
    said = shop("doctor", "--json", SEVERITY_RULES=str(tmp_path / "no.toml"))
    assert checks(said)["rules"]["verdict"] == "bad"
    assert said.status == 2


def test_keys_that_datadog_refuses_are_told_apart_from_a_datadog_that_is_down(shop, datadog):
    """One must be corrected, the other waited for."""
    with DatadogServer(demo_world(), api_key=API_KEY, app_key="another") as other:
        refused = checks(shop("doctor", "--json", DATADOG_API_URL=other.url))["Datadog"]
    assert "refused the keys (403)" in refused["found"]
    assert "scope monitors_read" in refused["mend"]
    datadog.faults.always(ServerError())
    said = shop("doctor", "--json")
    assert said.status == 3
    assert "has trouble (503)" in checks(said)["Datadog"]["found"]


def test_a_site_that_is_none_is_corrected(shop):
    """Before anything is sent there."""
    found = checks(shop("doctor", "--json", DATADOG_SITE="datadoghq.de"))["keys"]
    assert "did you mean datadoghq" in found["found"]


@pytest.mark.parametrize(
    "minutes, verdict", [(0, "good"), (0.5, "good"), (3, "doubtful"), (-3, "doubtful"), (20, "bad"), (-20, "bad")]
)
def test_a_clock_that_is_wrong_is_noticed(minutes, verdict):
    """Incidents would be dated wrongly, and AWS refuses what is signed five minutes off."""
    now = datetime(2026, 3, 2, 12, tzinfo=UTC)
    check = _clock(now + timedelta(minutes=minutes), now, now + timedelta(seconds=1))
    assert check.verdict == verdict
    assert bool(check.mend) == (verdict != "good")


def test_a_last_sync_that_is_long_ago_is_an_error(well):
    """The schedule has stopped, or nobody watches."""
    well.minutes(60)
    found = checks(well("doctor", "--json"))
    assert (found["last sync"]["verdict"], found["last sync"]["mend"]) == (
        "bad",
        "tocsin sync --watch 60 goes on from here",
    )
    assert found["last sync"]["found"].startswith("1 h")


def test_a_last_sync_that_was_incomplete_is_doubtful(well, datadog):
    """It says what shows why."""
    datadog.faults.next(ServerError(), after=1, count=None)
    well("sync")
    datadog.faults.clear()
    found = checks(well("doctor", "--json"))["last sync"]
    assert (found["verdict"], found["mend"]) == ("doubtful", "tocsin sync says what it could not read")


def test_a_folder_that_does_not_exist_is_named(shop, tmp_path):
    """With the command that makes it."""
    said = shop("doctor", "--json", INCIDENTS_FILE=str(tmp_path / "nowhere" / "i.json"))
    assert said.status == 6
    found = checks(said)
    assert found["store"]["mend"].startswith(f"mkdir -p {tmp_path / 'nowhere'}")
    assert (found["permissions"]["verdict"], found["last sync"]["verdict"]) == ("skipped", "skipped")


def test_a_file_that_is_not_ours_is_left_alone(shop, tmp_path):
    """And said to be so."""
    file = tmp_path / "shopping.json"
    file.write_text("milk\n")
    said = shop("doctor", "--json", INCIDENTS_FILE=str(file))
    assert checks(said)["permissions"]["verdict"] == "bad"
    assert said.status == 6
    assert file.read_text() == "milk\n"


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may write everywhere")
def test_a_file_that_may_not_be_written_is_named(well, tmp_path):
    """With the command that changes it."""
    (tmp_path / "incidents.json").chmod(0o400)
    assert checks(well("doctor", "--json"))["permissions"]["mend"].startswith("chmod u+rw")


def test_a_file_that_others_may_read_is_named(well, tmp_path):
    """Whoever copied it gave it away: passwords are guessed from their hashes."""
    (tmp_path / "incidents.json").chmod(0o644)
    found = checks(well("doctor", "--json"))["permissions"]
    assert (found["verdict"], found["mend"].split(":")[0]) == ("doubtful", f"chmod 600 {tmp_path / 'incidents.json'}")
    (tmp_path / "incidents.json").chmod(0o600)
    assert checks(well("doctor", "--json"))["permissions"]["verdict"] == "good"


class TestOnAws:
    @pytest.fixture
    def aws(self, well, moto):
        """Return the command line with a table in moto."""
        table = a_table(moto)
        well.environ |= {"USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": table, "AWS_REGION": REGION}
        return well

    def test_a_table_is_read_and_written_to_try_the_permissions(self, aws, moto):
        """What is written is forgotten within the hour."""
        found = checks(aws("doctor", "--json"))
        assert found["permissions"]["verdict"] == "good"
        probe = DynamoDbStore(moto, aws.environ["DYNAMODB_TABLE_NAME"]).record(PROBE, "doctor")
        assert probe.expires_at == aws.now.replace(microsecond=probe.expires_at.microsecond) + timedelta(hours=1)

    def test_what_a_table_lacks_is_listed(self, aws, moto):
        """Nothing that stops a sync, and all worth mending."""
        found = checks(aws("doctor", "--json"))["store"]
        assert found["verdict"] == "doubtful"
        assert "deletion protection is off" in found["found"]
        assert found["mend"].startswith("tocsin table create")

    def test_a_table_that_is_not_there_is_an_error(self, aws):
        """With the command that makes it."""
        said = aws("doctor", "--json", DYNAMODB_TABLE_NAME="nowhere")
        assert said.status == 6
        assert "table create" in checks(said)["store"]["mend"]

    @pytest.fixture
    def refusing(self, aws, ministack, ministack_url, monkeypatch):
        """Return what asks the doctor about a table of which AWS refuses this or that."""
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.setenv(name, "testing")
        table = a_table(ministack)

        def ask(action, resource="table/TABLE"):
            with Refusing(ministack_url, (action, resource.replace("TABLE", table))) as proxy:
                return aws("doctor", "--json", DYNAMODB_TABLE_NAME=table, AWS_ENDPOINT_URL=proxy.url)

        return ask

    @pytest.mark.parametrize("action, resource", sorted(granted(Stack("template.yaml"), "SyncRole", "dynamodb")))
    def test_each_permission_of_the_function_is_missed(self, action, resource, refusing):
        """Whoever lacks one is told which it is, with the command that says who they are."""
        said = refusing(action, resource)
        found = checks(said)["permissions"]
        _, _, index = resource.partition("/index/")
        missing = f"{action} on index/{index}" if index else action
        assert (said.status, found["verdict"], found["found"]) == (6, "bad", f"not allowed on the table: {missing}")
        assert found["mend"].startswith("aws sts get-caller-identity says who asks. Allow it on table/")

    def test_who_may_sync_need_not_describe_the_table(self, refusing):
        """The function's own permissions are enough: that the rest cannot be looked at is no error."""
        said = refusing("dynamodb:DescribeTable")
        found = checks(said)
        assert (said.status, found["store"]["verdict"], found["permissions"]["verdict"]) == (0, "doubtful", "good")
        assert "dynamodb:Describe*" in found["store"]["mend"]

    def test_a_schedule_that_stopped_is_looked_for_in_the_cloud(self, aws):
        """Not by a watch on a laptop."""
        aws("sync")
        aws.minutes(60)
        assert checks(aws("doctor", "--json"))["last sync"]["mend"].startswith("Look at the schedule")

    def test_a_pager_that_stopped_is_noticed(self, aws, moto):
        """After the five minutes of its alarm; before the first round it may only not have begun."""
        store = DynamoDbStore(moto, aws.environ["DYNAMODB_TABLE_NAME"])
        assert checks(aws("doctor", "--json"))["pager"]["verdict"] == "doubtful"
        note_tick(store, at=aws.now, change_id="t1")
        assert checks(aws("doctor", "--json"))["pager"]["verdict"] == "good"
        aws.minutes(6)
        found = checks(aws("doctor", "--json"))["pager"]
        assert (found["verdict"], found["found"]) == ("bad", "the last round was 6 min ago: nobody is paged")
        assert found["mend"].startswith("Look at the pager's schedule")

    def test_a_secret_that_is_not_there_is_an_error(self, aws):
        """Named with its variable."""
        found = checks(aws("doctor", "--json", DATADOG_SECRET_NAME="nowhere"))["keys"]
        assert found["found"].startswith("the secret nowhere (DATADOG_SECRET_NAME)")
        assert found["mend"].startswith("aws secretsmanager create-secret --region us-east-1 --name nowhere ")


def test_channels_that_have_keys_of_ours_are_tried(well):
    """With what mends it; who sets none up is told nothing of them."""
    with serving(Mailbox()) as port:
        well.environ |= {"SMTP_URL": f"smtp://127.0.0.1:{port}", "MAIL_FROM": "ops@example.org"}
        found = checks(well("doctor", "--json"))
    assert (found["mail"]["verdict"], found["mail"]["found"]) == ("good", "the mail server lets us in")
    well.environ |= {"SMTP_URL": "smtp://127.0.0.1:9"}
    said = well("doctor", "--json")
    assert (checks(said)["mail"]["verdict"], said.status) == ("bad", 3)
    assert "docs/channels.md" in checks(said)["mail"]["mend"]
