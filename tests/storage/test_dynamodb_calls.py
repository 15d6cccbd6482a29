"""What is tried again, how often, how long, and what is said when it does not help."""

from itertools import count

import pytest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    IncompleteReadError,
    NoCredentialsError,
    ReadTimeoutError,
)
from botocore.parsers import ResponseParserError

from tests.storage.transports import Patience, refusal
from tocsin.errors import NoTable, StoreBusy, StoreError, StoreRefused, StoreUnreachable
from tocsin.storage.dynamodb_calls import (
    FIRST_PAUSE,
    LONGEST_PAUSE,
    MOST_TRIES,
    PATIENCE,
    Calls,
    ConditionFailed,
    TokenReused,
)

CANCELLED = "TransactionCanceledException"


def patient(jitter=lambda: 1.0):
    """Return calls that never really wait, and what they wait by."""
    patience = Patience()
    return Calls("incidents", clock=patience.clock, sleep=patience.sleep, jitter=jitter), patience


def cancelled(*codes):
    return refusal(CANCELLED, CancellationReasons=[{"Code": code} for code in codes])


def failing(error, times):
    """Return a call that fails so often and then says how often it was made."""
    made = count(1)

    def call():
        number = next(made)
        if number <= times:
            raise error
        return number

    return call


PASSING = [
    refusal("ThrottlingException"),
    refusal("ProvisionedThroughputExceededException"),
    refusal("RequestLimitExceeded"),
    refusal("TransactionConflictException"),
    refusal("TransactionInProgressException"),
    refusal("InternalServerError", 500),
    refusal("", 503),
    cancelled("None", "TransactionConflict"),
    cancelled("ThrottlingError", "ProvisionedThroughputExceeded", "TransactionConflict"),
    ReadTimeoutError(endpoint_url="x"),
    ConnectTimeoutError(endpoint_url="x"),
    ConnectionClosedError(endpoint_url="x"),
    EndpointConnectionError(endpoint_url="x"),
    IncompleteReadError(actual_bytes=1, expected_bytes=2),
    ResponseParserError("<html>"),
]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_passes_is_waited_out(error):
    """Throttles, conflicts of transactions, server errors and lost connections are tried again."""
    calls, patience = patient()
    assert calls.run(failing(error, 3)) == 4
    assert patience.slept == [FIRST_PAUSE, 2 * FIRST_PAUSE, 4 * FIRST_PAUSE]


@pytest.mark.parametrize("error", PASSING, ids=str)
def test_what_does_not_pass_is_an_error_that_says_so(error):
    """After so many tries it is enough: one line, and trying again later may help."""
    calls, patience = patient()
    with pytest.raises((StoreBusy, StoreUnreachable), match=r"^table incidents [^\n]+$") as raised:
        calls.run(failing(error, MOST_TRIES))
    assert raised.value.retryable
    assert raised.value.hint
    assert len(patience.slept) == MOST_TRIES - 1
    assert max(patience.slept) == LONGEST_PAUSE


def test_pauses_are_a_random_part_of_what_they_may_be():
    """Those that were throttled together do not come back together."""
    calls, patience = patient(jitter=iter([0.0, 0.25, 1.0]).__next__)
    calls.run(failing(PASSING[0], 3))
    assert patience.slept == [0.0, FIRST_PAUSE / 2, 4 * FIRST_PAUSE]


def test_patience_ends_before_the_tries_do():
    """Where each try takes long, there are fewer of them."""
    calls, patience = patient()
    made = count()

    def call():
        next(made)
        patience.now += 8.0
        raise ReadTimeoutError(endpoint_url="x")

    with pytest.raises(StoreUnreachable):
        calls.run(call)
    assert next(made) == 3
    assert patience.now > PATIENCE


@pytest.mark.parametrize(
    "error, said",
    [
        (refusal("ResourceNotFoundException"), NoTable),
        (refusal("AccessDeniedException"), StoreRefused),
        (refusal("UnrecognizedClientException"), StoreRefused),
        (NoCredentialsError(), StoreRefused),
        (refusal("ValidationException"), StoreError),
        (cancelled("None", "ValidationError"), StoreError),
        (cancelled("ThrottlingError", "ItemCollectionSizeLimitExceeded"), StoreError),
        (refusal(CANCELLED), StoreError),
    ],
    ids=str,
)
def test_what_cannot_pass_is_said_at_once(error, said):
    """No permission, no table, no sense: nobody waits, and the hint says what to do."""
    calls, patience = patient()
    with pytest.raises(said, match=r"^[^\n]+$") as raised:
        calls.run(failing(error, 1))
    assert type(raised.value) is said
    assert not raised.value.retryable
    assert patience.slept == []


def test_a_condition_that_fails_is_no_error_of_the_store():
    """It comes with what was found instead, by the number of the action; what else was throttled does not matter."""
    calls, _ = patient()
    found = {"pk": {"S": "x"}}
    reasons = [
        {"Code": "None"},
        {"Code": "ConditionalCheckFailed", "Item": found},
        {"Code": "TransactionConflict"},
        {"Code": "ConditionalCheckFailed"},
    ]
    with pytest.raises(ConditionFailed) as raised:
        calls.run(failing(refusal(CANCELLED, CancellationReasons=reasons), 1))
    assert raised.value.failed == {1: found, 3: None}
    assert list(raised.value.passed) == [0]
    with pytest.raises(ConditionFailed) as raised:
        calls.run(failing(refusal("ConditionalCheckFailedException", Item=found), 1))
    assert raised.value.failed == {0: found}


def test_a_token_with_another_content_is_told_apart():
    """It is no fault that passes."""
    calls, _ = patient()
    with pytest.raises(TokenReused):
        calls.run(failing(refusal("IdempotentParameterMismatchException"), 1))


def test_a_batch_goes_on_with_what_was_left_undone():
    """What comes back undone is done with the next ones, after a pause; everything is done once."""
    calls, patience = patient()
    done = []

    def call(some):
        assert len(some) <= 3
        done.extend(some[:2])
        return some[2:]

    calls.batch(range(7), 3, call)
    assert sorted(done) == list(range(7))
    assert patience.slept == [FIRST_PAUSE] * len(patience.slept)


def test_a_batch_that_does_not_move_is_given_up():
    """When nothing of a batch is done, try after try, the table is busy."""
    calls, patience = patient()
    with pytest.raises(StoreBusy):
        calls.batch([1, 2], 25, list)
    assert len(patience.slept) == MOST_TRIES - 1


def test_an_empty_batch_makes_no_call():
    """There is nothing to ask for."""
    calls, _ = patient()
    calls.batch([], 25, pytest.fail)
