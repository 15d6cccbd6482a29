"""The command line as a process of its own: what only a real one can show."""

import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.entrypoints.command_line import API_KEY, APP_KEY, ROOT, CommandLine, process, process_environment
from tocsin.demo import DatadogServer, MonitorId, demo_world
from tocsin.demo.faults import Nonsense, Poison, ServerError

LIST = [sys.executable, str(ROOT / "cli.py"), "list"]


@pytest.fixture
def full(tmp_path):
    """Return a folder with more incidents than a pipe holds."""
    tocsin = CommandLine(tmp_path)
    for number in range(30):
        tocsin.opened(f"Number {number} " + "x" * 7_000)
    return tmp_path


def test_the_whole_way_from_monitors_to_a_closed_incident(tmp_path, datadog, settings):
    """Every step a process of its own, with only the file between them."""
    datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
    synced = process(tmp_path, "sync", **settings)
    assert (synced.status, synced.err) == (0, "")
    assert "INC-1001  critical  Checkout: error rate is high" in synced.out
    assert "\x1b" not in synced.out
    assert process(tmp_path, "ack", "1001", "--by", "amira").out.startswith("INC-1001  critical  acknowledged  amira")
    listed = process(tmp_path, "list", "--json").json
    assert [one["acknowledged_by"] for one in listed] == ["amira"]
    assert process(tmp_path, "close", "1001").status == 5
    unknown = process(tmp_path, "show", "1O01")
    assert unknown.status == 4
    assert unknown.err.splitlines()[0] == "tocsin: there is no incident 1O01"


def test_who_reads_only_the_head_causes_no_complaint(full):
    """As ``list | head -1``: the pipe closes while more is to be written."""
    running = subprocess.Popen(
        LIST, cwd=full, env=process_environment(full), stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert running.stdout.readline().startswith(b"ID ")
    running.stdout.close()
    assert running.stderr.read() == b""
    assert running.wait(30) == 0
    running.stderr.close()


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="there is no /dev/full here")
def test_a_full_disk_behind_the_output_is_said_in_one_line(full):
    """With an exit status, so that no script takes half a list for a whole one."""
    with Path("/dev/full").open("wb") as nowhere:
        done = subprocess.run(
            LIST, cwd=full, env=process_environment(full), stdout=nowhere, stderr=subprocess.PIPE, check=False
        )
    assert done.returncode == 1
    assert done.stderr == b"tocsin: the output could not be written: No space left on device\n"


def test_without_an_output_at_all_it_ends_quietly(full):
    """There is nowhere to complain to; the exit status tells."""
    closed = f"exec {LIST[0]} {LIST[1]} list >&-"
    done = subprocess.run(
        ["sh", "-c", closed], cwd=full, env=process_environment(full), capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"")


def test_characters_that_the_output_lacks_do_no_harm(tmp_path):
    """They become question marks; a list is never lost to an encoding."""
    CommandLine(tmp_path).opened("Café ☕ 日本")
    said = process(tmp_path, "list", PYTHONIOENCODING="ascii")
    assert said.status == 0
    assert said.out.splitlines()[1].endswith("  Caf? ? ??")


def test_arguments_that_are_no_text_are_taken_with_replacements(tmp_path):
    """What a shell hands over need not be UTF-8."""
    done = subprocess.run(
        [sys.executable, str(ROOT / "cli.py"), "open", "--title", b"disk \xff full"],
        cwd=tmp_path,
        env=process_environment(tmp_path),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "disk \N{REPLACEMENT CHARACTER} full" in done.stdout.decode()


def test_sigterm_ends_a_watch_as_cleanly_as_ctrl_c(tmp_path, settings):
    """That is how a service manager stops it."""
    running = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "sync", "--watch", "60"],
        cwd=tmp_path,
        env=process_environment(tmp_path, measured=False, **settings),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout.readline().startswith(b"Datadog: 26 monitors")
    time.sleep(0.3)  # it waits for the next sync now
    running.send_signal(signal.SIGTERM)
    _, errors = running.communicate(timeout=30)
    assert (running.returncode, errors) == (130, b"tocsin: interrupted\n")


def test_a_second_ctrl_c_while_it_ends_changes_nothing(tmp_path):
    """People press it until something happens; not one of them may see a traceback."""
    running = subprocess.Popen(
        [sys.executable, str(ROOT / "cli.py"), "demo", "--serve", "--port", "0"],
        cwd=tmp_path,
        env=process_environment(tmp_path, measured=False),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert running.stdout.readline().startswith(b"A simulated Datadog answers at http://127.0.0.1:")
    while running.poll() is None:
        running.send_signal(signal.SIGINT)
        time.sleep(0.01)
    _, errors = running.communicate()
    assert running.returncode == 130
    assert b"Traceback" not in errors


def test_a_port_that_is_taken_is_said_in_one_line(tmp_path, datadog):
    """The demo was left running in another terminal: that is no fault of ours."""
    said = process(tmp_path, "demo", "--serve", "--port", str(datadog.port))
    assert (said.status, said.out) == (2, "")
    assert said.err.startswith(f"tocsin: port {datadog.port} cannot be served: Address already in use\n  name another")


ODD_KEYS = [
    ("0123456789abcdef0123456789abcdef", "%(percent)s-{brace}-$dollar-'quote'\"-\\back"),
    ("key;with=signs&and?more#1", "-----looks-like-an-option"),
]


@pytest.mark.parametrize("api_key, app_key", ODD_KEYS)
def test_no_key_is_ever_in_any_output(tmp_path, api_key, app_key):
    """Refused, misplaced, halved, answered back by the server: with every detail asked for."""
    with DatadogServer(demo_world(), api_key=api_key, app_key=app_key) as datadog:
        datadog.world.trigger(MonitorId.CHECKOUT_ERRORS)
        known = {"DATADOG_API_URL": datadog.url, "LOG_LEVEL": "DEBUG", "TOCSIN_DEBUG": "1"}
        keys = known | {"DATADOG_API_KEY": api_key, "DATADOG_APP_KEY": app_key}
        said = [process(tmp_path, "sync", "--json", **keys)]
        assert said[0].status == 0, said[0].err
        datadog.faults.next(Poison())
        datadog.faults.next(ServerError(), after=1)
        said.append(process(tmp_path, "sync", **keys))
        datadog.faults.clear()
        datadog.faults.next(Nonsense(f'["{api_key}", {{"id": "{app_key}"}}]'))
        said += [
            process(tmp_path, "sync", **keys),
            # Refused, misplaced, halved.
            process(tmp_path, "sync", **(keys | {"DATADOG_API_KEY": app_key, "DATADOG_APP_KEY": api_key})),
            process(tmp_path, "sync", **(keys | {"DATADOG_SITE": api_key})),
            process(tmp_path, "sync", **(keys | {"DATADOG_API_URL": f"http://{api_key}:{app_key}@127.0.0.1"})),
            process(tmp_path, "sync", **(keys | {"DATADOG_API_KEY": f"{api_key}\n{app_key}"})),
            process(tmp_path, "sync", **(keys | {"AUTO_RESOLVE": api_key, "SEVERITY_RULES": app_key})),
            process(tmp_path, api_key, **keys),
            process(tmp_path, "list", "--status", app_key, **keys),
            process(tmp_path, "show", api_key, **keys),
        ]
        kept = (tmp_path / "incidents.json").read_text()
    for one in (*(said_one.out + said_one.err for said_one in said), kept):
        assert api_key.lower() not in one.lower()
        assert app_key.lower() not in one.lower()


def test_keys_in_the_file_beside_are_never_shown_either(tmp_path):
    """A key on the wrong line of .env is a common slip."""
    (tmp_path / ".env").write_text(f"DATADOG_API_KEY={API_KEY}\nDATADOG_APP_KEY={APP_KEY}\nSETTLE_SECONDS={API_KEY}\n")
    said = process(tmp_path, "sync")
    assert said.status == 2
    assert said.err == "tocsin: SETTLE_SECONDS is '[hidden]', but takes seconds from 0 to 604800\n"


def modules(folder, *arguments):
    """Return what was imported by the time that a command ended; measuring coverage would import more."""
    environment = {k: v for k, v in process_environment(folder).items() if not k.startswith("COV")}
    done = subprocess.run(
        [sys.executable, "-X", "importtime", str(ROOT / "cli.py"), *arguments],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return {line.rpartition("|")[2].strip() for line in done.stderr.splitlines() if line.startswith("import time:")}


def test_help_imports_no_model_and_no_adapter(tmp_path):
    """Start-up time as a promise that does not depend on the machine: the benchmark has the ratio."""
    imported = modules(tmp_path, "--help")
    assert "click" in imported
    assert not imported & {
        "pydantic",
        "orjson",
        "rich",
        "datadog_api_client",
        "filelock",
        "dotenv",
        "urllib3",
        "logging",
    }
    assert not {
        one
        for one in imported
        if one.startswith("tocsin.") and one.split(".")[1] not in {"entrypoints", "clock", "errors"}
    }
    assert not {one for one in imported if one.startswith("tocsin.entrypoints.commands.")}


def test_a_list_imports_no_source_no_service_and_no_network(tmp_path):
    """`list` is what is typed most: it waits for nothing that it does not need."""
    CommandLine(tmp_path).opened("Checkout is slow")
    imported = modules(tmp_path, "list")
    assert "tocsin.storage.json_store" in imported
    assert not imported & {
        "rich",
        "datadog_api_client",
        "dotenv",
        "urllib3",
        "tomllib",
        "asyncio",
        "http.client",
        "ssl",
    }
    assert not {one for one in imported if one.startswith(("tocsin.sources.", "tocsin.services.", "tocsin.demo"))}
    # Of the domain, what an incident is made of: not what is written, and not what becomes of an alert.
    assert {one.rpartition(".")[2] for one in imported if one.startswith("tocsin.domain.")} == {
        "frozen",
        "incident",
        "people",
        "search",
        "severity",
        "source",
    }
