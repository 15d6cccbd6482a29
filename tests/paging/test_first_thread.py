"""Alert, policy, page, acknowledge, all clear: one thread, whole."""

import pytest

from tests.paging.score import Score


@pytest.fixture
def score(any_store):
    """Return an empty score, on every backend."""
    return Score(any_store)


def test_louder_until_somebody_acknowledges_and_then_silence(score):
    """The first step pages at once, the second when nobody has acknowledged in time; an acknowledgement ends it."""
    score.person("ana", "email").person("bo", "sms").policy(steps=[("ana", 0), ("bo", 5)], repeat=2)
    score.at("02:00").alert("db-cpu", severity="critical")
    score.at("02:00").expect_page("ana", via="email", step=1)
    score.at("02:05").expect_page("bo", via="sms", step=2)
    score.at("02:06").acknowledge("bo")
    score.until("03:00")


def test_who_was_told_hears_that_it_is_over(score):
    """An all clear goes to those who were paged, where they were paged, and to nobody else."""
    score.person("ana", "email").person("bo", "sms").policy(steps=[("ana", 0), ("bo", 5)])
    score.at("02:00").alert("db-cpu")
    score.at("02:00").expect_page("ana", via="email")
    score.at("02:02").resolve("ana")
    score.at("02:02").expect_all_clear("ana", via="email")
    score.until("03:00")
