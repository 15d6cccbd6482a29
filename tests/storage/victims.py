"""Processes that write to a store and are killed. Run by ``test_json_kills``: ``python -m tests.storage.victims``.

One process that has imported everything forks the victims, so that hundreds of kills take seconds; having no
threads, it may. What it finds wrong it raises; what it did it prints as JSON.
"""

import json
import os
import random
import signal
import sys
import time
from itertools import count
from pathlib import Path

from tests.builders import a_record, after, an_alert, an_incident, claims, follows, opens, puts
from tests.storage.chains import LINKS, chain, links_in
from tests.storage.disks import DeadlyDisk, QuickDisk
from tocsin.domain.alert import Source
from tocsin.domain.change import AlertWrite
from tocsin.domain.search import IncidentFilter
from tocsin.errors import Conflict
from tocsin.storage.disk import Disk
from tocsin.storage.json_store import JsonStore

NUMBERS = (1001, 1002, 1003)
PATIENCE = 60.0


def forked(job):
    """Run ``job(say)`` in a process of its own; return its id, and the pipe that it says things to."""
    reading, writing = os.pipe()
    child = os.fork()
    if child:
        os.close(writing)
        return child, os.fdopen(reading, "rb")
    status = 1
    try:
        os.close(reading)
        job(lambda *words: os.write(writing, (" ".join(map(str, words)) + "\n").encode()))
        status = 0
    finally:
        os._exit(status)


def told(pipe):
    """Return the whole lines that a process still said."""
    with pipe:
        return [line.decode().split() for line in pipe if line.endswith(b"\n")]


def ended(child):
    """Wait for a process; return the signal that ended it, or 0 if it ended well."""
    _, status = os.waitpid(child, 0)
    assert os.WIFSIGNALED(status) or os.WEXITSTATUS(status) == 0, "the victim failed by itself"
    return os.WTERMSIG(status) if os.WIFSIGNALED(status) else 0


def step(store, number):
    """Build the next change of one incident; each of its parts carries the same number."""
    incident = store.incident(f"INC-{number}")
    version = 0 if incident is None else incident.version + 1
    key = f"7:{number}"
    parts = {
        "alerts": [
            AlertWrite(alert=an_alert(key, f"INC-{number}", version=version), expected=version - 1 if version else None)
        ],
        "records": [puts(a_record(key, body={"n": version}))],
    }
    if incident is None:
        return opens(an_incident(number, description="x" * 300), **parts)
    return follows(incident).model_copy(update={"alerts": tuple(parts["alerts"]), "records": tuple(parts["records"])})


def versions(store):
    """Return the version of each incident, after making sure that every part of its changes is there, and once."""
    found = {}
    rows = {alert.key: alert.version for alert in store.alerts(Source.DATADOG)}
    for number in NUMBERS:
        incident = store.incident(f"INC-{number}")
        version = -1 if incident is None else incident.version
        assert [event.version for event in store.timeline(f"INC-{number}")] == list(range(version + 1))
        assert rows.get(f"7:{number}", -1) == version
        record = store.record("timer", f"7:{number}")
        assert (-1 if record is None else record.body["n"]) == version
        found[number] = version
    return found


def at_random_moments(path, *, rounds, seed, quick):
    """Kill a process that commits and compacts as fast as it can; lose nothing that it was told is committed."""
    chance = random.Random(seed)
    disk = QuickDisk if quick else Disk
    watching = JsonStore(path)
    acknowledged = dict.fromkeys(NUMBERS, -1)
    generations = set()

    def victim(say):
        store = JsonStore(path, slack=0, disk=disk(), lock_timeout=PATIENCE)
        for turn in count():
            number = NUMBERS[turn % len(NUMBERS)]
            change = step(store, number)
            store.commit(change)
            say(number, after(change).version)
            if turn % 4 == 3:
                store.compact()

    killed = 0
    for turn in range(rounds):
        child, pipe = forked(victim)
        heard = [pipe.readline().split() for _ in range(chance.randrange(8))]
        time.sleep(chance.uniform(0, 0.003 if quick else 0.01))
        os.kill(child, signal.SIGKILL)
        killed += ended(child) == signal.SIGKILL
        for number, version in heard + told(pipe):
            acknowledged[int(number)] = int(version)
        found = versions(watching if turn % 2 else JsonStore(path))
        assert all(acknowledged[one] <= found[one] <= acknowledged[one] + 1 for one in NUMBERS), (acknowledged, found)
        acknowledged = found
        if path.exists():
            generations.add(path.open("rb").readline())
    store = JsonStore(path)
    store.commit(step(store, NUMBERS[0]))
    return {
        "killed": killed,
        "acknowledged": sum(acknowledged.values()),
        "generations": len(generations),
        "left": sorted(one.name for one in path.parent.iterdir()),
    }


def at_every_step(path):
    """Kill a process at every step of a first commit and of one that compacts; find each change whole or not there."""
    deaths = 0
    for existing in (False, True):
        for at in count(1):
            for one in path.parent.iterdir():
                one.unlink()
            if existing:
                before = JsonStore(path, disk=QuickDisk())
                for number in NUMBERS:
                    before.commit(step(before, number))

            def victim(say, at=at):
                store = JsonStore(path, slack=0, disk=DeadlyDisk(at))
                changes = [step(store, number) for number in NUMBERS]
                say(*store.commit_many(changes))

            child, pipe = forked(victim)
            killed = ended(child) == signal.SIGKILL
            said = told(pipe)
            found = versions(JsonStore(path))
            allowed = {0, 1} if existing else {-1, 0}
            assert set(found.values()) <= ({max(allowed)} if said else allowed), (at, found)
            store = JsonStore(path, disk=QuickDisk())
            for number in NUMBERS:
                store.commit(step(store, number))
            assert all(version >= max(allowed) for version in versions(JsonStore(path)).values())
            assert {one.name for one in path.parent.iterdir()} == {path.name, f"{path.name}.lock"}
            if not killed:
                break
            deaths += 1
    return {"deaths": deaths}


def between_links(path):
    """Kill a process between any two links of a chain for 500 groups; find a valid beginning."""
    found = []
    for stop in range(LINKS + 1):
        path.unlink(missing_ok=True)

        def victim(say, stop=stop):
            store = JsonStore(path)
            for change in chain()[:stop]:
                store.commit(change)
            os.kill(os.getpid(), signal.SIGKILL)

        child, pipe = forked(victim)
        assert ended(child) == signal.SIGKILL
        assert told(pipe) == []
        store = JsonStore(path)
        found.append(links_in(store))
        assert list(store.commit_many(chain())) == [None] * LINKS
        assert links_in(JsonStore(path)) == LINKS
    return {"found": found}


def four_at_once(path, *, rounds, quick):
    """Let four processes write, one of them compacting all the time; lose nothing, open one incident a key."""
    disk = QuickDisk if quick else Disk
    first = JsonStore(path)
    first.commit(opens(an_incident(1)))

    def writer(name):
        def job(say):
            store = JsonStore(path, disk=disk(), lock_timeout=PATIENCE, slack=2_000)
            for turn in range(rounds):
                number = store.draw_numbers(1)[0]
                incident = an_incident(number)
                change = opens(incident, change_id=f"{name} opens {turn}", claims=[claims(f"key {turn}", incident)])
                if store.commit_many([change]) == [None]:
                    say("opened", turn, incident.id)
                while True:
                    read = store.incident("INC-1")
                    try:
                        store.commit(follows(read, flaps=read.flaps + 1, change_id=f"{name} {turn} {read.version}"))
                    except Conflict:
                        continue
                    break
                say("flapped", turn)
                if name == 0:
                    store.compact()

        return job

    writers = [forked(writer(name)) for name in range(4)]
    said = [words for _, pipe in writers for words in told(pipe)]
    assert {ended(child) for child, _ in writers} == {0}
    opened = {int(turn): incident_id for what, turn, *rest in said if what == "opened" for incident_id in rest}
    assert sum(words[0] == "opened" for words in said) == len(opened) == rounds
    for store in (first, JsonStore(path)):
        held = store.claims([f"key {turn}" for turn in range(rounds)])
        assert {turn: held[f"key {turn}"].incident_id for turn in range(rounds)} == opened
        listed = [incident.id for incident in store.find(IncidentFilter(), limit=1000).incidents]
        assert sorted(listed) == sorted([*opened.values(), "INC-1"])
        shared = store.incident("INC-1")
        assert shared.flaps == shared.version == 4 * rounds == sum(words[0] == "flapped" for words in said)
        assert [event.version for event in store.timeline("INC-1")] == list(range(4 * rounds + 1))
    return {"opened": len(opened)}


def after_a_fork(path):
    """Go on with one store in a process and in its child."""
    store = JsonStore(path)
    store.commit(step(store, 1001))
    child, pipe = forked(lambda say: say(*store.commit_many([step(store, 1002)])))
    assert ended(child) == 0
    store.commit(step(store, 1003))
    return {"said": told(pipe), "versions": list(versions(store).values())}


JOBS = (at_random_moments, at_every_step, between_links, four_at_once, after_a_fork)

if __name__ == "__main__":
    what = {job.__name__: job for job in JOBS}
    print(json.dumps(what[sys.argv[1]](Path(sys.argv[2]), **json.loads(sys.argv[3]))))
