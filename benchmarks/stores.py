"""Files that hold many incidents, written through the store itself. Each is made once a run."""

import gc
import random
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar

from tocsin.domain.alert import Alert
from tocsin.domain.change import AlertWrite, Change, Claim, ClaimWrite, IncidentWrite
from tocsin.domain.frozen import Frozen
from tocsin.domain.incident import incident_id
from tocsin.storage.json_store import JsonStore

from .lives import Life, lives
from .sides import in_another_process

_BETWEEN = timedelta(minutes=10)
_REMEMBERED = timedelta(hours=24)
_AT_ONCE = 500

_Model = TypeVar("_Model", bound=Frozen)


@dataclass(frozen=True, slots=True)
class Files:
    """The same incidents twice: as they were committed one by one, and after the file was written anew."""

    journal: Path
    compact: Path


def files_of(folder: Path, count: int) -> Files:
    """Return the files of ``count`` incidents; whoever wants to write takes a copy."""
    files = Files(folder / f"{count}-journal.json", folder / f"{count}.json")
    if not files.compact.exists():
        in_another_process(_fill, folder, files, count)
    return files


def _fill(folder: Path, files: Files, count: int) -> None:
    gc.disable()  # there is little garbage, and millions of objects to look for it in
    templates = lives(folder)
    (folder / "lives.json").unlink()
    store = JsonStore(files.compact)
    changes = _changes(templates, count, store.draw_numbers(count))
    while some := [change for _, change in zip(range(_AT_ONCE), changes, strict=False)]:
        if any(store.commit_many(some)):
            message = "new incidents conflict with nothing"
            raise RuntimeError(message)
    files.journal.hardlink_to(files.compact)
    store.compact()


def _changes(templates: list[Life], count: int, numbers: range) -> Iterator[Change]:
    dice = random.Random(count)
    first_opening = datetime.now(UTC) - count * _BETWEEN
    for index, number in enumerate(numbers):
        yield _born_again(dice.choice(templates), number, first_opening + index * _BETWEEN)


def _born_again(life: Life, number: int, opened_at: datetime) -> Change:
    """Return the change that writes the whole life at once, as that of another incident at another time.

    One change numbers its events anew; everything else is as it was played.
    """
    named, origin, change_id = incident_id(number), str(20_000_000 + number), f"{number:032x}"
    key = f"datadog:{origin}"
    later = opened_at - life.incident.opened_at
    title = f"{life.incident.title} {number}"
    incident = _moved(life.incident, later, {"id": named, "correlation_key": key, "title": title})
    events = tuple(
        event.model_copy(
            update={
                "incident_id": named,
                "version": incident.version,
                "ordinal": ordinal,
                "at": event.at + later,
                "change_id": event.change_id if ordinal else change_id,
            }
        )
        for ordinal, event in enumerate(life.events)
    )
    over = {"origin": origin, "correlation_key": key, "incident_id": named}
    ended_at = events[-1].at
    claim = Claim(key=key, incident_id=named, joinable_until=None if incident.active else ended_at)
    return Change(
        id=change_id,
        at=ended_at,
        incidents=(IncidentWrite(incident=incident),),
        alerts=tuple(_alert(episode, later, over, nth) for nth, episode in enumerate(life.alerts)),
        events=events,
        claims=(ClaimWrite(claim=claim),),
    )


def _alert(episode: Alert, later: timedelta, over: Mapping[str, str], nth: int) -> AlertWrite:
    """Return the row of an alert that fires, or the tombstone of one that ended and the episode that it archives."""
    group = f"{episode.group}#{nth}" if nth else episode.group
    alert = _moved(episode, later, {**over, "group": group, "key": f"{over['origin']}:{group}", "expires_at": None})
    if alert.ended_at is None:
        return AlertWrite(alert=alert)
    tombstone = alert.model_copy(update={"expires_at": alert.ended_at + _REMEMBERED})
    return AlertWrite(alert=tombstone, archive=alert)


def _moved(model: _Model, later: timedelta, update: Mapping[str, object]) -> _Model:
    """Return a copy with every moment so much later."""
    moments = {name: value + later for name, value in model.__dict__.items() if isinstance(value, datetime)}
    return model.model_copy(update={**moments, **update})
