"""``login`` and ``logout``: a person at a server, in place of an API key."""

import sys
from contextlib import closing

import click

from tocsin.entrypoints.choices import TEXT
from tocsin.entrypoints.passes import LOGIN, LOGOUT, LoginPass, login_of
from tocsin.entrypoints.store_choice import server_option
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import ConfigurationError


@click.command()
@click.option("--email", type=TEXT, default="", help="Who you are; asked for on a terminal unless given.")
@click.option("--password-stdin", is_flag=True, help="Read the password from standard input, and ask for nothing.")
@pass_wiring
def login(wiring: Wiring, *, email: str, password_stdin: bool) -> None:
    """Sign in at the server of --server or TOCSIN_SERVER, for the commands that follow.

    The password is asked for without being shown, and is not kept. What is kept are tokens, in a file that only you may
    read: it ends 30 days after it was used last, or with `logout`.
    """
    settings = wiring.settings()
    url = _server(settings.tocsin_server)
    who = email.strip() or _asked("E-mail", "--email ADDRESS says who you are")
    password = _first_line() if password_stdin else _asked("Password", "--password-stdin reads it", hidden=True)
    with closing(wiring.stranger(url)) as calls:
        said = calls.ask("POST", LOGIN, {"email": who, "password": password}, tries=1)
    credentials = wiring.credentials(settings)
    with credentials.held():
        credentials.put(url, login_of(said, who, wiring.clock()))
    wiring.out.line(f"You are logged in at {url} as {who}.")
    if settings.tocsin_api_key.get_secret_value():
        wiring.err.line("TOCSIN_API_KEY is set, and goes before this login.")


@click.command()
@pass_wiring
def logout(wiring: Wiring) -> None:
    """End the login at the server of --server or TOCSIN_SERVER, there and here."""
    settings = wiring.settings()
    url = _server(settings.tocsin_server)
    credentials = wiring.credentials(settings)
    if credentials.of(url) is None:
        wiring.err.line(f"There is no login at {url}.")
        return
    held = LoginPass(credentials, url, clock=wiring.clock, reach=lambda: wiring.stranger(url))
    try:
        with closing(wiring.calls_with(held, url)) as calls:
            calls.ask("POST", LOGOUT, tries=1)
    except ConfigurationError:
        wiring.err.line("It was over already.")
    finally:
        # Whatever the server says: nothing is left here that opens it.
        with credentials.held():
            credentials.put(url, None)
    wiring.out.line(f"You are logged out at {url}.")


def _server(url: str) -> str:
    if url:
        return url
    message = "no server is named"
    raise ConfigurationError(message, hint="say --server URL, or set TOCSIN_SERVER")


def _asked(what: str, otherwise: str, *, hidden: bool = False) -> str:
    if sys.stdin is None or not sys.stdin.isatty():
        message = f"there is no terminal to ask for it: {what.lower()}; {otherwise}"
        raise click.UsageError(message)
    said: str = click.prompt(what, err=True, hide_input=hidden, type=str)
    return said.strip() if not hidden else said


def _first_line() -> str:
    line = sys.stdin.readline() if sys.stdin is not None else ""
    return line.rstrip("\r\n")


for one in (login, logout):
    one.params.append(server_option())
