"""Files that describe schedules and policies, all in one format: ``tocsin: 1``."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any, Literal

import yaml
from pydantic import Field

from tocsin.api.bodies import Body
from tocsin.api.people_views import TimeZone
from tocsin.api.policy_views import PolicyBody
from tocsin.api.schedule_bodies import LayerBody, LayerId, ScheduleName, TeamName
from tocsin.api.texts import Something
from tocsin.domain.documents import checked
from tocsin.domain.layer import Layer
from tocsin.domain.policy import Policy
from tocsin.domain.schedule import MOST_LAYERS
from tocsin.errors import InvalidInput

from .plain_yaml import read_object

VERSION = 1
_ENDINGS = frozenset({".yaml", ".yml", ".json"})
_WHOLE_MINUTE = re.compile(r"\d\d:\d\d:00")


class SaidLayer(LayerBody):
    """A layer. Its id tells it from others when it changes."""

    id: LayerId


class SaidSchedule(Body):
    """A schedule, without overrides: those are between people."""

    name: ScheduleName
    time_zone: TimeZone = "UTC"
    team: TeamName = ""
    layers: Annotated[tuple[SaidLayer, ...], Field(max_length=MOST_LAYERS)] = ()


class Config(Body):
    """What files describe. ``rooms``: those that must be there; what is secret about them is in no file."""

    tocsin: Literal[1] = 1
    rooms: tuple[Something, ...] = ()
    schedules: tuple[SaidSchedule, ...] = ()
    policies: tuple[PolicyBody, ...] = ()


def read_config(place: Path) -> Config:
    """Return what a file says, or all files of a folder together. Raises ``InvalidInput``."""
    files = [place]
    if place.is_dir():
        files = sorted(one for one in place.iterdir() if one.suffix.lower() in _ENDINGS)
        if not files:
            message = f"there is no file of YAML or JSON in {place}"
            raise InvalidInput(message)
    some = [_read(file) for file in files]
    config = Config(
        rooms=tuple(dict.fromkeys(room for one in some for room in one.rooms)),
        schedules=tuple(schedule for one in some for schedule in one.schedules),
        policies=tuple(policy for one in some for policy in one.policies),
    )
    _see_that_none_is_twice("schedule", [one.name for one in config.schedules])
    _see_that_none_is_twice("policy", [one.name for one in config.policies])
    return config


def written(rooms: Iterable[str], schedules: Iterable[dict[str, Any]], policies: Iterable[dict[str, Any]]) -> str:
    """Return a document as YAML, in the order in which it is given; what is empty is left out.

    It is pure ASCII, so that nothing that cannot be seen gets to a terminal.
    """
    parts = {"rooms": [*rooms], "schedules": [*schedules], "policies": [*policies]}
    document = {"tocsin": VERSION} | {name: some for name, some in parts.items() if some}
    text: str = yaml.safe_dump(document, sort_keys=False, width=120)
    return text


def said_layer(layer: Layer, people: Sequence[str]) -> dict[str, Any]:
    """Return a layer as files have it, with its people by address."""
    said = layer.model_dump(mode="json", exclude_defaults=True)
    said["people"] = [*people]
    valid = {name: moment.isoformat() for name in ("valid_from", "valid_until") if (moment := _moment(layer, name))}
    return plain(said | valid)


def said_policy(policy: Policy) -> dict[str, Any]:
    """Return a policy whose targets are names as files have it."""
    return plain(policy.model_dump(mode="json", exclude_defaults=True, exclude={"id", "version"}))


def plain(said: dict[str, Any]) -> dict[str, Any]:
    """Return the same with times of day as people write them."""
    found: dict[str, Any] = _plain(said)
    return found


def _moment(layer: Layer, name: str) -> datetime | None:
    moment: datetime | None = getattr(layer, name)
    return moment


def _plain(said: Any) -> Any:  # noqa: ANN401 - any JSON
    match said:
        case dict():
            return {name: _plain(one) for name, one in said.items()}
        case list():
            return [_plain(one) for one in said]
        case str() if _WHOLE_MINUTE.fullmatch(said):
            return said[:5]
        case _:
            return said


def _read(file: Path) -> Config:
    found = read_object(file, "schedules and policies")
    if found.get("tocsin") != VERSION:
        message = f"{file} does not begin with `tocsin: {VERSION}`"
        raise InvalidInput(message, hint="that is the only format there is; docs/config.md describes it")
    try:
        return checked(Config, found)
    except InvalidInput as error:
        message = f"{file}: {error}"
        raise InvalidInput(message, hint=error.hint) from None


def _see_that_none_is_twice(what: str, names: Sequence[str]) -> None:
    folded = [" ".join(one.split()).casefold() for one in names]
    twice = next((name for name, one in zip(names, folded, strict=True) if folded.count(one) > 1), None)
    if twice is not None:
        message = f"the {what} {twice} is described twice"
        raise InvalidInput(message)
