"""``serve``: the HTTP API on this machine, with the very handler that answers on Lambda."""

import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, closing, contextmanager, redirect_stdout
from functools import partial
from types import FrameType

import click

from tocsin.config import Settings
from tocsin.domain.audit import Actor
from tocsin.entrypoints.api_handler import ApiHandler
from tocsin.entrypoints.background import Background, Chore
from tocsin.entrypoints.choices import TEXT, Seconds, Whole
from tocsin.entrypoints.complaints import about_error, about_fault
from tocsin.entrypoints.local_server import LocalServer
from tocsin.entrypoints.paging import paging_of
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.entrypoints.wsgi import Application
from tocsin.errors import TocsinError
from tocsin.services.api_keys import ApiKeys
from tocsin.services.heartbeats import Pulse, beat, note_tick
from tocsin.services.incidents import IncidentService
from tocsin.storage.store import Store

HOST = "127.0.0.1"
PORT = 8080
FIRST_KEY = "first-administrator"
TICK_SECONDS = 60.0
ENDING_SECONDS = 20.0
"""How long a sync that is under way when the server ends may take to come to an end."""


@click.command()
@click.option("--host", type=TEXT, default=HOST, show_default=True, help="The address to serve on.")
@click.option("--port", type=Whole(0, 65_535), default=PORT, show_default=True, help="The port; 0 takes a free one.")
@click.option(
    "--every",
    type=Seconds(min=10, max=86_400),
    default=60.0,
    metavar="SECONDS",
    help="How often Datadog is read, if its keys are set; 60 unless given.",
)
@pass_wiring
def serve(wiring: Wiring, *, host: str, port: int, every: float) -> None:
    """Serve the HTTP API until Ctrl-C or SIGTERM; what is under way then is answered.

    The first time, a key for an administrator is made and shown, once; and as long as there is nobody who could sign
    in, a token that makes the first administrator. What is due is done every minute, and Datadog
    is read if its keys are set.
    """
    settings = wiring.here()
    with wiring.store(settings) as store, ExitStack() as opened:
        chores = _chores(wiring, settings, store, every, opened)
        handler = ApiHandler(
            {**wiring.environ, **wiring.chosen},
            clock=wiring.clock,
            new_id=wiring.new_id,
            dotenv=wiring.dotenv,
            store=store,
            new_secret=wiring.new_secret,
        )
        handler.prepare()
        application = Application(handler, clock=wiring.clock, new_id=wiring.new_id)
        server = LocalServer(application, host=host, port=port, trusted_proxy=settings.trusted_proxy)
        background = Background(chores, tell=_teller(wiring))
        with _told_to_end(server.stop):
            _first_key(wiring, store)
            _first_administrator(wiring, settings, store, server.url)
            wiring.out.line(f"Serving on {server.url}, which {server.url}/docs describes. Ctrl-C ends it.")
            wiring.out.flush()
            # What is logged must not get between what a program reads of us.
            with redirect_stdout(sys.stderr):
                background.start()
                server.run()
                background.stop(ENDING_SECONDS)
    wiring.err.line("Ended; everything that was under way is done.")


def _first_key(wiring: Wiring, store: Store) -> None:
    keys = ApiKeys(store, clock=wiring.clock, new_id=wiring.new_id)
    token = keys.create_first(FIRST_KEY, secret=wiring.new_secret(), actor=Actor("serve"))
    if token is None:
        return
    wiring.err.line("A key for an administrator, shown this once:")
    wiring.err.line(f"  {token}")
    wiring.err.line(
        f"`{wiring.program} key create` makes others, that may do less; revoke this one when you have them."
    )


def _first_administrator(wiring: Wiring, settings: Settings, store: Store, url: str) -> None:
    token = wiring.accounts(settings, store).first.offer()
    if token is None:
        return
    wiring.err.line("There is nobody who could sign in yet. A token that makes an administrator, once:")
    wiring.err.line(f"  {token}")
    wiring.err.line(f"Send it with email, full_name and password to POST {url}/api/v1/auth/setup.")


def _chores(wiring: Wiring, settings: Settings, store: Store, every: float, opened: ExitStack) -> list[Chore]:
    rules = wiring.rules(settings)
    keys = wiring.signing_keys(settings)
    aws = partial(wiring.aws, settings)
    paging = paging_of(settings, store, rules, keys, aws, clock=wiring.clock, new_id=wiring.new_id)
    service = IncidentService(
        store, rules=rules, clock=wiring.clock, new_id=wiring.new_id, others=paging.others, pages=paging.pages
    )
    pulse = _pulse(settings)

    def tick(enough_time: Callable[[], bool]) -> None:
        now = wiring.clock()
        report = service.tick(enough_time=enough_time)
        note_tick(store, at=now, change_id=wiring.new_id())
        beat(pulse, report)

    chores = [Chore("tick", TICK_SECONDS, tick)]
    if settings.knows_datadog:
        source = opened.enter_context(closing(wiring.source(settings, rules, lambda _done, _of: None)))

        def sync(enough_time: Callable[[], bool]) -> None:
            service.sync(source, enough_time=enough_time)

        chores.append(Chore("sync", every, sync))
    return chores


def _pulse(settings: Settings) -> Pulse | None:
    if not settings.heartbeat_url:
        return None
    from tocsin.channels.heartbeat import HttpPulse

    return HttpPulse(settings.heartbeat_url)


def _teller(wiring: Wiring) -> Callable[[str, Exception], None]:
    def tell(what: str, error: Exception) -> None:
        if isinstance(error, TocsinError):
            about_error(error, wiring)
        else:
            about_fault(error, wiring)
        wiring.err.line(f"  the {what} is tried again at its next turn")

    return tell


@contextmanager
def _told_to_end(stop: Callable[[], None]) -> Iterator[None]:
    """Let the first Ctrl-C or SIGTERM end the server in order; the second one is as it was before."""
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}

    def put_back() -> None:
        for number, handler in before.items():
            signal.signal(number, handler)

    def in_order(_number: int, _frame: FrameType | None) -> None:
        put_back()
        stop()

    for number, handler in before.items():
        if handler is not signal.SIG_IGN:
            signal.signal(number, in_order)
    try:
        yield
    finally:
        put_back()
