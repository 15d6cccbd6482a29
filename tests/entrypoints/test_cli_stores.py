"""Which store a command works on: --store, the table, and moving from one to another."""

import boto3
import click
import pytest

from tests import tables
from tests.entrypoints.command_line import process
from tests.entrypoints.pseudo_terminal import OnTerminal
from tests.tables import REGION, a_table
from tocsin.demo import MonitorId
from tocsin.entrypoints.program import TABLE, program
from tocsin.storage.json_store import JsonStore


@pytest.fixture
def aws(shop, ministack_url, monkeypatch):
    """Return the command line with AWS's stand-in, where any table can be made."""
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
        monkeypatch.setenv(name, "testing")
    shop.environ |= {"AWS_ENDPOINT_URL": ministack_url, "AWS_REGION": REGION}
    return shop


@pytest.fixture
def fresh(ministack):
    """Return the name of a table that is not there, and take it away afterwards."""
    name = a_table(ministack)
    ministack.delete_table(TableName=name)
    yield name
    if name in tables.names_of(ministack):
        ministack.update_table(TableName=name, DeletionProtectionEnabled=False)
        ministack.delete_table(TableName=name)


class TestChoosing:
    def test_a_file_is_chosen_before_or_after_the_command(self, tocsin, tmp_path):
        """It goes before the settings."""
        other = f"json:{tmp_path / 'other.json'}"
        tocsin.opened("In the other", "--store", other)
        assert "In the other" in tocsin("--store", other, "list").out
        assert "In the other" in tocsin("list", "--store", other).out
        assert "In the other" not in tocsin("list").out

    def test_the_nearer_one_counts(self, tocsin, tmp_path):
        """As with every option that is given twice."""
        first, second = (f"json:{tmp_path / name}" for name in ("1.json", "2.json"))
        tocsin("--store", first, "open", "--title", "Here", "--store", second)
        assert "Here" in tocsin("list", "--store", second).out
        assert "Here" not in tocsin("list", "--store", first).out

    def test_a_table_is_chosen_the_same_way(self, aws, ministack):
        """Whatever the settings name."""
        chosen = f"dynamodb:{a_table(ministack)}"
        assert aws("open", "--title", "On a table", "--store", chosen, "--by", "bo").status == 0
        assert "On a table" in aws("--store", chosen, "list").out
        assert "On a table" not in aws("list").out

    @pytest.mark.parametrize(
        "named, says",
        [
            (
                "other.json",
                "'other.json' is no store: say json:PATH or dynamodb:TABLE; did you mean 'json:other.json'?",
            ),
            ("incidents", "'incidents' is no store: say json:PATH or dynamodb:TABLE"),
            ("dynamo:incidents", "'dynamo' is no kind of store; there are json, dynamodb; did you mean 'dynamodb'?"),
            ("json:", "json: needs the path of a file behind the colon"),
            ("dynamodb:", "dynamodb: needs the name of a table behind the colon"),
            ("dynamodb:my table", "'my table' is no name of a table: 3 to 255 letters, digits, _, - and ."),
        ],
    )
    def test_what_names_no_store_is_refused_with_what_does(self, tocsin, named, says):
        """One line, and what it takes."""
        for said in (tocsin("list", "--store", named), tocsin("--store", named, "list")):
            assert said.status == 2
            assert said.err.startswith(f"tocsin: Invalid value for '--store': {says}\n")

    @pytest.mark.parametrize("name", TABLE)
    def test_every_command_that_opens_a_store_takes_it(self, tocsin, name):
        """Commands beneath one too; the help of those that open none does not offer it."""
        command = program.get_command(click.Context(program), name)
        beneath = list(command.commands) if isinstance(command, click.Group) else []
        for words in [[name], *([name, one] for one in beneath)]:
            assert ("--store" in tocsin(*words, "--help").out) == TABLE[name].stored, words

    def test_a_command_that_uses_no_store_says_so(self, tocsin):
        """An option that is passed over in silence would be a lie."""
        said = tocsin("--store", "json:a.json", "demo")
        assert (said.status, said.err.splitlines()[0]) == (
            2,
            "tocsin: 'demo' does not work on the store that is chosen: leave --store out",
        )
        assert tocsin("demo", "--store", "json:a.json").status == 2

    def test_a_list_of_a_file_imports_nothing_of_aws(self, tmp_path):
        """boto3 takes longer than all the rest."""
        said = process(tmp_path, "list", PYTHONPROFILEIMPORTTIME="1")
        assert said.status == 0
        assert not [name for name in ("boto", "powertools", "datadog_api_client") if name in said.err]


class TestTable:
    def test_it_is_made_once(self, aws, ministack, fresh):
        """The second time it says so, and changes nothing."""
        first = aws("table", "create", "--store", f"dynamodb:{fresh}")
        assert (first.status, first.err.splitlines()[-1]) == (0, f"The table {fresh} is ready.")
        assert ministack.describe_table(TableName=fresh)["Table"]["TableStatus"] == "ACTIVE"
        assert aws("table", "create", DYNAMODB_TABLE_NAME=fresh).err.endswith(f"The table {fresh} was there already.\n")

    def test_without_it_a_sync_says_what_makes_it(self, aws, ministack, fresh):
        """In a script nobody can be asked."""
        said = aws("sync", "--store", f"dynamodb:{fresh}")
        assert (said.status, said.err) == (
            6,
            f"tocsin: there is no table {fresh} in us-east-1\n  --yes makes it, and so does `tocsin table create`\n",
        )
        assert fresh not in tables.names_of(ministack)

    def test_a_sync_makes_it_if_told_to(self, aws, datadog, fresh):
        """And goes on."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        said = aws("sync", "--yes", "--json", "--store", f"dynamodb:{fresh}")
        assert said.status == 0, said.err
        assert len(said.json["opened"]) == 1

    def test_a_dry_run_never_makes_it(self, aws, ministack, fresh):
        """It writes nothing, a table least of all."""
        assert aws("sync", "--dry-run", "--yes", "--store", f"dynamodb:{fresh}").status == 6
        assert fresh not in tables.names_of(ministack)

    @pytest.mark.parametrize("answer, status", [(b"n\r", 6), (b"y\r", 0)])
    def test_a_person_is_asked(self, aws, ministack, fresh, tmp_path, answer, status):  # noqa: PLR0917 - fixtures
        """And may say no."""
        environ = {**aws.environ, "USE_DYNAMODB": "true", "DYNAMODB_TABLE_NAME": fresh}
        environ |= {"AWS_ACCESS_KEY_ID": "testing", "AWS_SECRET_ACCESS_KEY": "testing"}
        asked = OnTerminal(tmp_path, "sync", columns=200, **environ).until("Make it?")
        assert f"There is no table {fresh} in us-east-1." in asked.text
        assert asked.press(answer).ended() == status
        assert (fresh in tables.names_of(ministack)) == (status == 0)

    def test_commands_that_find_no_table_say_so(self, aws, fresh):
        """One line, what to do, and the status of a store."""
        said = aws("list", "--store", f"dynamodb:{fresh}")
        assert (said.status, said.err) == (6, f"tocsin: there is no table {fresh}\n  python cli.py table create\n")


class TestMove:
    def test_a_file_moves_to_a_table(self, aws, datadog, ministack, tmp_path):
        """Counted and compared; afterwards the table lists the same."""
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        aws("sync")
        aws.opened("By hand", "--by", "bo")
        file, table = f"json:{tmp_path / 'incidents.json'}", f"dynamodb:{a_table(ministack)}"
        said = aws("move", "--from", file, "--to", table)
        assert said.status == 0, said.err
        assert [line.split()[0] for line in said.lines[1:3]] == ["incidents", "events"]
        assert "DIFFERS" not in said.out
        assert aws("list", "--store", table, "--json").json == aws("list", "--json").json
        again = aws("move", "--from", file, "--to", table, "--json").json
        assert (again["written"], again["verified"], again["newer"]) == (0, True, [])

    def test_it_moves_back(self, aws, ministack, tmp_path):
        """From a table to a file."""
        table, file = f"dynamodb:{a_table(ministack)}", f"json:{tmp_path / 'back.json'}"
        aws.opened("By hand", "--store", table, "--by", "bo")
        assert aws("move", "--from", table, "--to", file).status == 0
        assert "By hand" in aws("list", "--store", file).out

    def test_a_table_that_is_not_there_is_made_if_told_to(self, aws, fresh, tmp_path):
        """As by a sync."""
        aws.opened("By hand", "--by", "bo")
        arguments = ("move", "--from", f"json:{tmp_path / 'incidents.json'}", "--to", f"dynamodb:{fresh}")
        assert aws(*arguments).status == 6
        assert aws(*arguments, "--yes").status == 0

    def test_what_is_newer_there_is_named(self, tocsin, tmp_path):
        """And left."""
        first, second = (f"json:{tmp_path / name}" for name in ("incidents.json", "2.json"))
        opened = tocsin.opened("By hand", "--by", "bo")
        tocsin("move", "--from", first, "--to", second)
        tocsin.environ["INCIDENTS_FILE"] = str(tmp_path / "2.json")
        tocsin("note", opened, "later", "--by", "cy")
        said = tocsin("move", "--from", first, "--to", second)
        assert (said.status, said.lines[-1]) == (0, f"Newer in {second}, and left as they are there: 1: {opened}")

    def test_another_store_is_refused(self, tocsin, tmp_path):
        """Numbers mean something else there."""
        JsonStore(tmp_path / "x").close()
        tocsin.opened("Mine")
        tocsin.opened("Theirs", "--store", f"json:{tmp_path / '2.json'}")
        tocsin.minutes(1)
        said = tocsin("move", "--from", f"json:{tmp_path / 'incidents.json'}", "--to", f"json:{tmp_path / '3.json'}")
        assert said.status == 0
        tocsin.opened("Later", "--store", f"json:{tmp_path / '4.json'}")
        said = tocsin("move", "--from", f"json:{tmp_path / 'incidents.json'}", "--to", f"json:{tmp_path / '4.json'}")
        assert said.status == 5
        assert said.err.startswith("tocsin: INC-1001 is another incident in the target: 'Later'\n")

    def test_a_store_is_not_moved_to_itself(self, tocsin):
        """That would be a slow way to do nothing."""
        said = tocsin("move", "--from", "json:a.json", "--to", "json:a.json")
        assert (said.status, said.err.splitlines()[0]) == (2, "tocsin: json:a.json cannot be moved to itself")


def test_the_region_of_the_shell_is_used(aws, ministack_url):
    """AWS_DEFAULT_REGION is what many have set; each region has tables of its own."""
    del aws.environ["AWS_REGION"]
    aws.environ["AWS_DEFAULT_REGION"] = "eu-central-1"
    said = aws("list", "--store", "dynamodb:only-in-virginia")
    assert said.status == 6
    client = boto3.session.Session().client("dynamodb", region_name="eu-central-1", endpoint_url=ministack_url)
    assert "only-in-virginia" not in client.list_tables()["TableNames"]
