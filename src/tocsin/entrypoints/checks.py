"""What ``doctor`` looks at. Each check tries the real thing: a permission is known only by using it."""

import os
import stat
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import NamedTuple

from tocsin.config import Settings
from tocsin.domain.alert import Source
from tocsin.errors import ConfigurationError, StoreRefused, TocsinError
from tocsin.identity.private_file import HAS_MODES, OTHERS
from tocsin.services.heartbeats import HEARTBEAT, heartbeat_id, last_round

from . import permissions
from .moments import duration
from .wiring import Wiring

LATE = timedelta(minutes=15)
"""The age of the last sync at which the stack's alarm rings too."""

LATE_ROUND = timedelta(minutes=5)
"""The age of the last round of the pager at which its alarm rings too."""

SKEW = timedelta(minutes=1)
"""How far our clock may be from Datadog's: incidents would be dated wrongly."""

SKEW_OF_AWS = timedelta(minutes=5)
"""From here on AWS refuses what is signed."""

_AFTER_SETTINGS = ("rules", "keys", "Datadog", "clock", "store", "permissions", "last sync")

ASKING_SECONDS = 20.0
BEYOND_ALL = 2**53
"""No monitor has so great an id: the page behind it is empty, and still needs both keys and the scope."""


class Verdict(StrEnum):
    """What a check came to."""

    GOOD = "good"
    DOUBTFUL = "doubtful"
    BAD = "bad"
    SKIPPED = "skipped"


class Check(NamedTuple):
    """One check: what was looked at, what was found, and what mends it. ``exit_status`` is that of a sync."""

    name: str
    verdict: Verdict
    found: str
    mend: str = ""
    exit_status: int = 1

    @property
    def document(self) -> dict[str, str]:
        """As JSON."""
        return {"check": self.name, "verdict": self.verdict.value, "found": self.found, "mend": self.mend}


def examine(wiring: Wiring) -> Iterator[Check]:
    """Yield every check, in the order in which a sync would stumble over it."""
    try:
        settings = wiring.settings()
    except ConfigurationError as error:
        yield failed("settings", error, mend="Correct it in the environment or in .env; README.md lists all settings.")
        yield from (skipped(name, "settings") for name in _AFTER_SETTINGS)
        return
    dotenv = f" and {wiring.dotenv}" if wiring.dotenv.is_file() else ""
    yield Check("settings", Verdict.GOOD, f"read from the environment{dotenv}")
    if wiring.asks_server(settings):
        from .server_checks import served

        yield from served(wiring, settings)
        return
    yield _tried("rules", lambda: _rules(wiring, settings))
    yield from _datadog(wiring, settings)
    yield from _kept(wiring, settings)
    yield from _channels(wiring, settings)


def _rules(wiring: Wiring, settings: Settings) -> Check:
    rules = wiring.rules(settings).severities.rules
    found = f"{len(rules)} in {settings.severity_rules}" if settings.severity_rules else "the built-in ones"
    return Check("rules", Verdict.GOOD, found)


def _datadog(wiring: Wiring, settings: Settings) -> Iterator[Check]:
    from tocsin.sources.datadog_account import account
    from tocsin.sources.datadog_client import DatadogClient

    from .datadog_keys import key_source

    try:
        keys = key_source(settings, wiring.aws(settings), clock=wiring.clock).keys()
        found = account(
            keys.api_key, keys.app_key, site=settings.datadog_site, api_url=settings.datadog_api_url or None
        )
    except TocsinError as error:
        mend = f"cp .env.example .env, and fill in the two keys; {wiring.program} demo works without"
        yield failed("keys", error, mend)
        yield from (skipped(name, "keys") for name in ("Datadog", "clock"))
        return
    yield Check("keys", Verdict.GOOD, f"both are in {_place(settings)}")
    client = DatadogClient(found, sleep=wiring.sleep, clock=wiring.clock)
    try:
        asked = wiring.clock()
        page = client.page(BEYOND_ALL, client.within(ASKING_SECONDS))
    except TocsinError as error:
        yield failed("Datadog", error)
        yield skipped("clock", "Datadog")
        return
    finally:
        client.close()
    yield Check("Datadog", Verdict.GOOD, f"{found.host} lets these keys read monitors")
    yield _clock(page.at, asked, wiring.clock())


def _place(settings: Settings) -> str:
    if settings.datadog_secret_name:
        return f"the secret {settings.datadog_secret_name}"
    return f"parameters under {settings.datadog_parameter_path}" if settings.datadog_parameter_path else "the settings"


def _clock(theirs: datetime, before: datetime, after: datetime) -> Check:
    # Theirs is cut to whole seconds, and was taken at some time in between.
    skew = max(before - theirs - timedelta(seconds=1), theirs - after, timedelta(0))
    if skew <= SKEW:
        return Check("clock", Verdict.GOOD, "agrees with Datadog's")
    found = f"differs from Datadog's by {duration(skew.total_seconds())}"
    mend = "Set this machine's clock, and let it be kept right: timedatectl set-ntp true"
    return Check("clock", Verdict.BAD if skew > SKEW_OF_AWS else Verdict.DOUBTFUL, found, mend, 2)


def _kept(wiring: Wiring, settings: Settings) -> Iterator[Check]:
    check = _tried("store", lambda: _table(wiring, settings) if settings.use_dynamodb else _file(settings))
    yield check
    if check.verdict is Verdict.BAD:
        yield from (skipped(name, "store") for name in ("permissions", "last sync"))
        return
    yield _tried("permissions", lambda: _permissions(wiring, settings))
    yield _tried("last sync", lambda: _last_sync(wiring, settings))
    if settings.use_dynamodb:
        yield _tried("pager", lambda: _last_round(wiring, settings))


def _table(wiring: Wiring, settings: Settings) -> Check:
    from tocsin.storage.dynamodb_client import connect
    from tocsin.storage.dynamodb_table import lacks

    aws = wiring.aws(settings)
    name = f"the table {settings.dynamodb_table_name} in {aws.region}"
    client = connect(aws.region, aws.endpoint("DynamoDB"), session=aws.session)
    try:
        missing = lacks(client, settings.dynamodb_table_name)
    except StoreRefused:
        # A sync needs no permission to describe its table.
        mend = f"Allow dynamodb:Describe* on it to whoever looks; {wiring.program} list says whether it is there."
        return Check("store", Verdict.DOUBTFUL, f"{name} may not be described by these credentials", mend)
    if not missing:
        return Check("store", Verdict.GOOD, f"{name} has all that it needs")
    mend = f"{wiring.program} table create switches recovery and time to live on; an index or a stream is the stack's."
    return Check("store", Verdict.DOUBTFUL, f"{name}: {'; '.join(missing)}", mend)


def _file(settings: Settings) -> Check:
    file = settings.incidents_file
    if file.exists():
        return Check("store", Verdict.GOOD, f"the file {file}")
    folder = Path(os.path.realpath(file)).parent
    if folder.is_dir():
        return Check("store", Verdict.GOOD, f"the file {file}, which the first sync makes")
    mend = f"mkdir -p {folder}, or name another file with INCIDENTS_FILE"
    return Check("store", Verdict.BAD, f"the folder of {file} does not exist", mend, 6)


def _is_others(file: Path) -> bool:
    """Say whether others may read a file, as after it was copied."""
    return HAS_MODES and file.exists() and bool(stat.S_IMODE(file.stat().st_mode) & OTHERS)


def _permissions(wiring: Wiring, settings: Settings) -> Check:
    name = "permissions"
    if not settings.use_dynamodb:
        file = Path(os.path.realpath(settings.incidents_file))
        place = file if file.exists() else file.parent
        if not os.access(place, os.R_OK | os.W_OK) or not os.access(file.parent, os.W_OK):
            mend = f"chmod u+rw {place}; the folder must be writable too, for the lock beside the file"
            return Check(name, Verdict.BAD, f"{place} may not be read and written", mend, 6)
    now = wiring.clock()
    with wiring.store(settings) as store:
        uses = [*permissions.reads(store, now)]
        if settings.use_dynamodb:
            uses += permissions.writes(store, now, wiring.new_id)
        missing = ", ".join(permissions.refused(uses))
    if not missing and not settings.use_dynamodb and _is_others(settings.incidents_file):
        mend = f"chmod 600 {settings.incidents_file}: the hashes of passwords are in it"
        return Check(name, Verdict.DOUBTFUL, f"{settings.incidents_file} may be read by others", mend)
    if not missing:
        return Check(name, Verdict.GOOD, "incidents can be read and written")
    mend = (
        f"aws sts get-caller-identity says who asks. Allow it on table/{settings.dynamodb_table_name}: {missing}; "
        "SyncRole in template.yaml has the whole policy."
    )
    return Check(name, Verdict.BAD, f"not allowed on the table: {missing}", mend, StoreRefused.exit_status)


def _last_sync(wiring: Wiring, settings: Settings) -> Check:
    with wiring.store(settings) as store:
        heartbeat = store.record(HEARTBEAT, heartbeat_id(Source.DATADOG))
    if heartbeat is None:
        mend = f"{wiring.program} sync --dry-run shows what it would do, {wiring.program} sync --adopt does it quietly"
        return Check("last sync", Verdict.DOUBTFUL, "there was none yet", mend)
    age = wiring.clock() - datetime.fromisoformat(str(heartbeat.body["at"]))
    found = f"{duration(max(age.total_seconds(), 0))} ago"
    if age > LATE:
        mend = f"{wiring.program} sync --watch 60 goes on from here"
        if settings.use_dynamodb:
            mend = f"Look at the schedule and the function's log (docs/operate.md); {wiring.program} sync does it now"
        return Check("last sync", Verdict.BAD, f"{found}: incidents are out of date", mend, 3)
    if not heartbeat.body.get("complete", True):
        mend = f"{wiring.program} sync says what it could not read"
        return Check("last sync", Verdict.DOUBTFUL, f"{found}, incomplete", mend)
    if unfinished := heartbeat.body.get("unfinished", 0):
        mend = "If it stays so, give the function more memory or time (docs/operate.md)."
        return Check("last sync", Verdict.DOUBTFUL, f"{found}, {unfinished} alerts left to the next", mend)
    return Check("last sync", Verdict.GOOD, found)


def _last_round(wiring: Wiring, settings: Settings) -> Check:
    with wiring.store(settings) as store:
        at = last_round(store)
    mend = f"Look at the pager's schedule and log (docs/operate.md); {wiring.program} tick pages now"
    if at is None:
        return Check("pager", Verdict.DOUBTFUL, "there was no round yet: nobody is paged", mend)
    age = wiring.clock() - at
    found = f"the last round was {duration(max(age.total_seconds(), 0))} ago"
    if age > LATE_ROUND:
        return Check("pager", Verdict.BAD, f"{found}: nobody is paged", mend, 3)
    return Check("pager", Verdict.GOOD, found)


def _channels(wiring: Wiring, settings: Settings) -> Iterator[Check]:
    from .channel_setup import channel_checks

    for name, look in channel_checks(settings, lambda: wiring.aws(settings), clock=wiring.clock):
        try:
            found, mend = look()
        except TocsinError as error:
            yield failed(name, error, "docs/channels.md says what each channel takes.")
        else:
            yield Check(name, Verdict.DOUBTFUL if mend else Verdict.GOOD, found, mend)


def _tried(name: str, check: Callable[[], Check]) -> Check:
    try:
        return check()
    except TocsinError as error:
        return failed(name, error)


def failed(name: str, error: TocsinError, mend: str = "") -> Check:
    """Return what a check came to that raised."""
    return Check(name, Verdict.BAD, str(error), error.hint or mend, error.exit_status)


def skipped(name: str, because: str) -> Check:
    """Return a check that waits for another."""
    return Check(name, Verdict.SKIPPED, f"needs {because} to be right")
