"""``demo``: half an hour at a simulated shop in seconds, with the real client, sync and store."""

import tempfile
from datetime import timedelta
from pathlib import Path

import click

from tocsin.demo import (
    DEMO_API_KEY,
    DEMO_APP_KEY,
    HALF_HOUR,
    DatadogServer,
    MonitorId,
    PersonAction,
    PersonStep,
    SimulatedClock,
    demo_world,
)
from tocsin.domain.decision import EXPLAINED, Reason
from tocsin.domain.incident import Incident
from tocsin.domain.message import Message
from tocsin.errors import ConfigurationError
from tocsin.services.incidents import IncidentService
from tocsin.services.sync import SyncReport
from tocsin.sources.datadog import DatadogSource
from tocsin.storage.json_store import JsonStore

from .choices import Seconds, Whole
from .demo_pager import PEOPLE, pager_of
from .incident_page import Page, show_page
from .incident_table import incident_table
from .screen import Screen, Styled
from .wiring import Wiring, pass_wiring

PACE = 0.25
"""Seconds between two steps on a terminal, so that they can be followed."""

HALFWAY = 16
"""The minute at which the most is wrong."""

_QUIET = {Reason.DEDUPLICATED, Reason.NO_DATA_NOT_ASKED, Reason.SUPPRESSED_MUTED, Reason.SUPPRESSED_DRAFT}
_DONE = {
    PersonAction.ACKNOWLEDGE: "acknowledged",
    PersonAction.START: "started",
    PersonAction.NOTE: "noted",
    PersonAction.RESOLVE: "resolved",
}
_NEWS = {Reason.JOINED, Reason.REFIRED, Reason.SEVERITY_RAISED}
_CALM = {Reason.RECOVERED, Reason.GROUP_GONE, Reason.MONITOR_DELETED}


@click.command()
@click.option("--serve", is_flag=True, help="Leave the simulated Datadog running, to play with.")
@click.option("--port", type=Whole(0, 65_535), default=8126, show_default=True, help="With --serve: its port.")
@click.option(
    "--pace",
    type=Seconds(min=0, max=60),
    metavar="SECONDS",
    help="Seconds between two steps; 0.25 on a terminal, else 0.",
)
@pass_wiring
def demo(wiring: Wiring, serve: bool, port: int, pace: float | None) -> None:
    """Play half an hour of incidents against a simulated Datadog; no keys needed.

    The incidents go to a file of their own, which is named at the end, so that it can be looked at.
    """
    if serve:
        _serve(wiring, port)
    else:
        seconds = pace if pace is not None else PACE if wiring.out.terminal else 0
        _Player(wiring, Path(tempfile.mkdtemp(prefix="tocsin-demo-")) / "incidents.json").play(seconds)


class _Player:
    """Moves the clock and the world, syncs every minute, and says what became of it."""

    def __init__(self, wiring: Wiring, file: Path) -> None:
        self._wiring = wiring
        self._out = wiring.out
        self._file = file
        # It ends now, so that the ages are right for whoever looks at the file afterwards.
        self._start = wiring.clock().replace(second=0, microsecond=0) - timedelta(minutes=HALF_HOUR[-1].minute)
        self._clock = SimulatedClock(self._start)
        self._stamp = ""
        store = JsonStore(file)
        self._pager = pager_of(store, self._told, clock=self._clock, new_id=wiring.new_id)
        self._service = IncidentService(store, clock=self._clock, new_id=wiring.new_id)

    def play(self, pace: float) -> None:
        """Play every step, then show the list, one incident, and what to try next."""
        world = demo_world(self._clock)
        with DatadogServer(world) as server, self._source(server.url) as source:
            self._out.line(Styled("A shop's monitors on a simulated Datadog, half an hour in seconds", "heading"))
            said = (
                "The client, the sync, the store and the pager are the real ones; mail is shown here, and goes nowhere."
            )
            self._out.line(Styled(said, "quiet"))
            self._out.line()
            for minute in range(int(HALF_HOUR[-1].minute) + 1):
                self._clock.set(self._start + timedelta(minutes=minute))
                self._stamp = f"{self._clock():%H:%M}"
                for step in (one for one in HALF_HOUR if one.minute == minute):
                    self._line(step.says)
                    if isinstance(step, PersonStep):
                        self._act(step)
                    else:
                        step.move(world)
                    self._wiring.sleep(pace)
                self._tell(self._service.sync(source))
                self._pager.round()
                if minute == HALFWAY:
                    self._list("Halfway, `list` shows:")
                    self._out.line()
        self._close()

    def _source(self, url: str) -> DatadogSource:
        return DatadogSource(DEMO_API_KEY, DEMO_APP_KEY, api_url=url, sleep=self._wiring.sleep, clock=self._clock)

    def _act(self, step: PersonStep) -> None:
        incident_id = self._of(step.monitor).id
        match step.action:
            case PersonAction.ACKNOWLEDGE:
                self._service.acknowledge(incident_id, by=step.who)
            case PersonAction.START:
                self._service.start(incident_id, by=step.who)
            case PersonAction.NOTE:
                self._service.note(incident_id, step.text, by=step.who)
            case PersonAction.RESOLVE:
                self._service.resolve(incident_id, by=step.who, root_cause=step.text, steps=step.resolution_steps)
        self._line(f"{incident_id} {_DONE[step.action]} by {step.who}", style="good")

    def _of(self, monitor: MonitorId) -> Incident:
        """Return the newest incident of a monitor."""
        key = f"datadog:{monitor.value}"
        return next(one for one in self._service.incidents() if one.correlation_key == key)

    def _tell(self, report: SyncReport) -> None:
        for decision in report.details:
            if decision.reason not in _QUIET:
                incident = self._service.incident(decision.incident_id)
                said = f"{incident.id} {decision.reason.value.replace('_', ' ')}: {decision.explanation}"
                if decision.reason is Reason.OPENED:
                    said = f"{incident.id} opened, {incident.severity.value}: {incident.title}"
                elif decision.reason in _NEWS and incident.paging and incident.cycles > 1:
                    said += ", and pages again"
                self._line(said, style="good" if decision.reason in _CALM else (decision.severity or ""))
        for resolved in report.resolved:
            self._line(f"{resolved} resolved: {EXPLAINED[Reason.SETTLED]}", style="good")

    def _told(self, email: str, message: Message) -> None:
        who = dict(PEOPLE)[email]
        self._line(f"mail to {who}: {message.subject}", style="heading")

    def _line(self, text: str, *, style: str = "") -> None:
        """Write a line; the first of each minute carries its time, and what follows from it stands below."""
        self._out.line(Styled(f"{self._stamp:5}", "quiet"), "    " if style else "  ", Styled(text, style))
        self._stamp = ""
        self._out.flush()

    def _list(self, heading: str) -> None:
        self._heading(heading)
        incident_table(self._out, self._service.incidents(), now=self._clock())

    def _close(self) -> None:
        self._list("At the end, `list` shows:")
        chosen = self._of(MonitorId.HOST_CPU)
        self._heading(f"And `show {chosen.id}`:")
        page = Page(chosen, self._service.alerts(chosen.id), self._service.timeline(chosen.id))
        show_page(self._out, page, now=self._clock(), program=self._wiring.program)
        self._heading("Try next:")
        set_file, program = f"INCIDENTS_FILE={self._file}", self._wiring.program
        checkout = self._of(MonitorId.CHECKOUT_ERRORS).id
        for command in (
            f"{set_file} {program} list",
            f"{set_file} {program} show {checkout}",
            f"{set_file} {program} explain {checkout} {PEOPLE[1][0]}",
            f"{set_file} {program} stats",
            f"{program} demo --serve        # a simulated Datadog to play with",
            f"{program} sync --dry-run      # with your own keys in DATADOG_API_KEY and DATADOG_APP_KEY",
        ):
            self._out.line("  ", command)
        self._service.store.close()

    def _heading(self, text: str) -> None:
        self._out.line()
        self._out.line(Styled(text, "heading"))
        self._out.line()


def _serve(wiring: Wiring, port: int) -> None:
    """Serve the shop until Ctrl-C."""
    server = DatadogServer(demo_world(), port=port)
    try:
        server.start()
    except OSError as error:
        message = f"port {port} cannot be served: {error.strerror}"
        raise ConfigurationError(message, hint="name another with --port; 0 takes any that is free") from None
    try:
        _introduce(wiring.out, server.url, wiring.program)
        while True:
            wiring.sleep(3600)
    finally:
        server.stop()


def _introduce(out: Screen, url: str, program: str) -> None:
    out.line(Styled(f"A simulated Datadog answers at {url}", "heading"), "  (Ctrl-C ends it)")
    out.line()
    out.line("In a second terminal:")
    out.line(f"  export DATADOG_API_URL={url} DATADOG_API_KEY={DEMO_API_KEY} DATADOG_APP_KEY={DEMO_APP_KEY}")
    out.line("  export INCIDENTS_FILE=demo-incidents.json")
    out.line(f"  {program} sync --watch 5")
    out.line()
    out.line("In a third, make something happen and watch what becomes of it:")
    monitor = f"{url}/demo/monitors/{MonitorId.CHECKOUT_ERRORS.value}"
    out.line(f"  curl -X POST {monitor}/trigger")
    out.line(f"  curl -X POST {monitor}/mute")
    out.line(f"  curl -X POST {monitor}/recover")
    out.line(f'  curl -X POST {url}/demo/faults -d \'{{"kind": "server_error", "count": 3}}\'')
    out.line(f"  curl {url}/demo/        # everything else that can be done")
    out.flush()
