"""The table: made whole, waited for, made good where that was interrupted, and judged."""

import pytest

from tests.storage.transports import Patience, refusal
from tocsin.errors import NoTable, StoreBusy
from tocsin.storage import dynamodb_table
from tocsin.storage.dynamodb_table import TABLE


class Slow:
    """A client of a service that takes its time: some operations first answer something else."""

    def __init__(self, client, **first):
        self._client = client
        self._first = {name: list(answers) for name, answers in first.items()}
        self.asked = []

    def __getattr__(self, name):
        given = getattr(self._client, name)
        if not callable(given):
            return given

        def call(**options):
            self.asked.append(name)
            if self._first.get(name):
                answer = self._first[name].pop(0)
                if isinstance(answer, Exception):
                    raise answer
                return answer
            return given(**options)

        return call


@pytest.fixture(params=["moto", "ministack"])
def client(request):
    """Return a client of each stand-in."""
    return request.getfixturevalue(request.param)


def test_a_table_is_made_with_all_that_it_needs(client):
    """On demand, with both indexes, stream, time to live, recovery and protection: nothing is lacking."""
    assert not dynamodb_table.exists(client, "whole")
    assert dynamodb_table.create(client, "whole")
    assert dynamodb_table.exists(client, "whole")
    assert dynamodb_table.lacks(client, "whole") == []
    made = client.describe_table(TableName="whole")["Table"]
    assert made["BillingModeSummary"]["BillingMode"] == "PAY_PER_REQUEST"
    assert made["StreamSpecification"] == TABLE["StreamSpecification"]
    assert made["SSEDescription"]["Status"] == "ENABLED"
    assert made["DeletionProtectionEnabled"]
    indexes = {index["IndexName"]: index["Projection"]["ProjectionType"] for index in made["GlobalSecondaryIndexes"]}
    assert indexes == {"list": "ALL", "due": "KEYS_ONLY"}
    client.update_table(TableName="whole", DeletionProtectionEnabled=False)
    client.delete_table(TableName="whole")


def test_a_table_that_exists_is_left_alone(moto):
    """Making it again says that it was there."""
    assert dynamodb_table.create(moto, "twice")
    slow = Slow(moto)
    assert not dynamodb_table.create(slow, "twice")
    assert "update_time_to_live" not in slow.asked
    assert "update_continuous_backups" not in slow.asked


def test_what_was_interrupted_is_made_good(moto):
    """A table that was made and no more gets the rest from the next call."""
    moto.create_table(**{**TABLE, "TableName": "begun"})
    assert dynamodb_table.lacks(moto, "begun") == [
        "time to live by 'expires_at' is off: what is over stays for ever",
        "point-in-time recovery is off: no way back from a mistake",
    ]
    assert not dynamodb_table.create(moto, "begun")
    assert dynamodb_table.lacks(moto, "begun") == []


def test_a_table_of_something_else_is_told(moto):
    """What is another than the store needs is said, one line each."""
    moto.create_table(
        TableName="other",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
        BillingMode="PAY_PER_REQUEST",
    )
    said = dynamodb_table.lacks(moto, "other")
    assert len(said) == 7
    assert "pk and sk" in said[0]
    assert ["'list'" in said[1], "'due'" in said[2]] == [True, True]


def test_no_table_is_told(moto):
    """Judging what does not exist raises NoTable, with the command that makes it."""
    with pytest.raises(NoTable, match="absent") as raised:
        dynamodb_table.lacks(moto, "absent")
    assert "table create" in raised.value.hint


def test_a_table_is_waited_for(moto):
    """Neither a table that DescribeTable does not know yet nor one that is being made is used."""
    patience = Patience()
    unknown = moto.exceptions.ResourceNotFoundException({"Error": {"Code": "ResourceNotFoundException"}}, "x")
    slow = Slow(moto, describe_table=[unknown, {"Table": {"TableStatus": "CREATING"}}])
    assert dynamodb_table.create(slow, "slow", sleep=patience.sleep)
    assert len(patience.slept) == 2


def test_a_table_that_never_gets_ready_is_given_up(moto):
    """After two minutes it is enough."""
    patience = Patience()
    slow = Slow(moto, describe_table=[{"Table": {"TableStatus": "CREATING"}}] * 1_000)
    with pytest.raises(StoreBusy, match="not ready"):
        dynamodb_table.create(slow, "slower", sleep=patience.sleep)
    assert sum(patience.slept) == 120


def test_recovery_that_is_not_available_yet_is_asked_for_again(moto):
    """Right after a table was made, its backups may still be on their way."""
    patience = Patience()
    not_yet = moto.exceptions.ContinuousBackupsUnavailableException(
        {"Error": {"Code": "ContinuousBackupsUnavailableException", "Message": "being enabled"}}, "x"
    )
    slow = Slow(moto, update_continuous_backups=[not_yet, not_yet, refusal("ThrottlingException")])
    assert dynamodb_table.create(slow, "fresh", sleep=patience.sleep)
    assert len(patience.slept) == 3
    assert dynamodb_table.lacks(moto, "fresh") == []
