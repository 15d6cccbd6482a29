"""What every store promises when several threads write at once: one wins, nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

from tests.builders import after, an_incident, claims, follows, opens
from tocsin.domain.search import IncidentFilter
from tocsin.errors import Conflict

THREADS = 8


def all_at_once(job):
    """Run ``job(number)`` in so many threads, let loose together; return what each returned."""
    barrier = Barrier(THREADS)

    def start(number):
        barrier.wait()
        return job(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(start, range(THREADS)))


def test_of_many_that_race_for_a_claim_one_wins(any_store):
    """Eight threads open an incident for the same key: one is there, and seven were told of a conflict."""
    for race in range(10):

        def opening(number, race=race):
            incident = an_incident(1000 + race * THREADS + number)
            change = opens(incident, claims=[claims(f"key {race}", incident)])
            return any_store.commit_many([change])[0] is None

        won = all_at_once(opening)
        assert sum(won) == 1
        winner = any_store.claims([f"key {race}"])[f"key {race}"].incident_id
        assert winner == f"INC-{1000 + race * THREADS + won.index(True)}"
    assert len(any_store.find(IncidentFilter()).incidents) == 10


def test_numbers_are_unique_over_threads(any_store):
    """Nobody gets a number that somebody else got."""
    drawn = all_at_once(lambda number: [any_store.draw_numbers(1 + number % 3) for _ in range(10)])
    numbers = [number for blocks in drawn for block in blocks for number in block]
    assert len(numbers) == len(set(numbers)) == 10 * sum(1 + number % 3 for number in range(THREADS))


def test_no_update_is_lost_between_threads(any_store):
    """Threads that read, write and decide again on a conflict each get every one of their updates in."""
    any_store.commit(opens(an_incident()))

    def flap(number):
        done = 0
        while done < 5:
            read = any_store.incident("INC-1001")
            change = follows(read, flaps=read.flaps + 1, change_id=f"{number} {done} {read.version}")
            try:
                any_store.commit(change)
            except Conflict:
                continue
            assert any_store.incident("INC-1001").version >= after(change).version
            done += 1

    all_at_once(flap)
    incident = any_store.incident("INC-1001")
    assert incident.flaps == incident.version == 5 * THREADS
    assert [event.version for event in any_store.timeline("INC-1001")] == list(range(5 * THREADS + 1))
