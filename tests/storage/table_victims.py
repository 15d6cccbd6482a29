"""Processes that work on one table: they race each other, and they are killed. ``python -m tests.storage.table_victims``.

One process that has imported everything forks the others; each of those makes its own client. What is found wrong is
raised; what was done is printed as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from itertools import count

from tests import tables
from tests.storage.chains import LINKS, chain, links_in
from tests.storage.contest import contender, judged
from tests.storage.victims import NUMBERS, ended, forked, step, told, versions
from tocsin.storage.dynamodb_store import DynamoDbStore

STOPS = (0, 1, 6, LINKS - 1, LINKS)


def a_store(url, table):
    """Return a store with a client of its own."""
    return DynamoDbStore(tables.connect(url), table)


def between_links(url):
    """Kill a process between any two links of a chain for 500 groups; find a valid beginning, and go on from there."""
    found = []
    for stop in STOPS:
        table = tables.a_table(tables.connect(url))

        def victim(say, table=table, stop=stop):
            store = a_store(url, table)
            for change in chain()[:stop]:
                store.commit(change)
            os.kill(os.getpid(), signal.SIGKILL)

        child, pipe = forked(victim)
        assert ended(child) == signal.SIGKILL
        assert told(pipe) == []
        store = a_store(url, table)
        found.append(links_in(store))
        assert list(store.commit_many(chain())) == [None] * LINKS
        assert links_in(store) == LINKS
    return {"found": found}


def at_random_moments(url, *, rounds, seed):
    """Kill a process that commits as fast as it can; lose nothing that it was told is committed."""
    chance = random.Random(seed)
    table = tables.a_table(tables.connect(url))
    acknowledged = dict.fromkeys(NUMBERS, -1)

    def victim(say):
        store = a_store(url, table)
        for turn in count():
            number = NUMBERS[turn % len(NUMBERS)]
            change = step(store, number)
            store.commit(change)
            say(number, change.incidents[0].incident.version)

    killed = 0
    for _ in range(rounds):
        child, pipe = forked(victim)
        heard = [pipe.readline().split() for _ in range(chance.randrange(6))]
        time.sleep(chance.uniform(0, 0.02))
        os.kill(child, signal.SIGKILL)
        killed += ended(child) == signal.SIGKILL
        for number, version in heard + told(pipe):
            acknowledged[int(number)] = int(version)
        time.sleep(0.05)  # what the dead one had sent may still be under way
        found = versions(a_store(url, table))
        assert all(acknowledged[one] <= found[one] <= acknowledged[one] + 1 for one in NUMBERS), (acknowledged, found)
        acknowledged = found
    store = a_store(url, table)
    for incident in store.incidents(f"INC-{number}" for number in NUMBERS).values():
        assert [event.version for event in store.timeline(incident.id)] == list(range(incident.version + 1))
    return {"killed": killed, "acknowledged": sum(acknowledged.values())}


def four_at_once(url, *, rounds):
    """Let four processes race to open, to acknowledge and to resolve; judge what they were told and what is there."""
    table = tables.a_table(tables.connect(url))
    begin = time.time() + 1.0

    def racer(name):
        def job(say):
            compete = contender(a_store(url, table), f"process {name}")
            for turn in range(rounds):
                time.sleep(max(0.0, begin + turn * 0.4 - time.time()))
                say(json.dumps(compete(turn)))

        return job

    racers = [forked(racer(name)) for name in range(4)]
    said = [json.loads(" ".join(words)) for _, pipe in racers for words in told(pipe)]
    assert {ended(child) for child, _ in racers} == {0}
    return judged(a_store(url, table), said, rounds=rounds, racers=4)


JOBS = (between_links, at_random_moments, four_at_once)

if __name__ == "__main__":
    what = {job.__name__: job for job in JOBS}
    print(json.dumps(what[sys.argv[1]](sys.argv[2], **json.loads(sys.argv[3]))))
