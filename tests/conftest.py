"""What every test may ask for."""

import functools
import os
import signal
from pathlib import Path

import botocore.session
import pytest
from hypothesis import HealthCheck, settings

from tests import tables
from tests.desk import Desk
from tests.fakes import MemoryStore
from tocsin.storage.json_store import JsonStore

settings.register_profile("tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("tocsin")

# What describes a service of AWS is read from the disk once, and not for each of hundreds of clients.
botocore.session.create_loader = functools.cache(botocore.session.create_loader)

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a script: what the tests start would not hear the Ctrl-C that they send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

STAND_IN = frozenset({"ministack", "ministack_url"})


def pytest_collection_modifyitems(items):
    """Mark what needs the server that stands in for AWS, so that ``make integration`` can run just that.

    What cannot run here is left out, and said once at the end: thousands of skipped tests take time, and are not read.
    """
    absent = tables.ministack_program() is None
    kept = []
    for item in items:
        parameters = set(map(str, item.callspec.params.values())) if hasattr(item, "callspec") else set()
        if not STAND_IN.isdisjoint(item.fixturenames) or "ministack" in parameters:
            item.add_marker(pytest.mark.standin)
            if absent:
                continue
        elif "moto" in parameters and item.get_closest_marker("large"):
            # It copies the whole table for each transaction: ministack takes these.
            continue
        kept.append(item)
    items[:] = kept


def pytest_terminal_summary(terminalreporter):
    """Say aloud what was left out."""
    if tables.ministack_program() is None:
        terminalreporter.write_line("SKIPPED: whatever needs a stand-in for AWS: 'make integration' starts one")


@pytest.fixture(params=["memory", "json", "moto", "ministack"])
def any_store(request, tmp_path):
    """Return an empty store, once for each backend."""
    yield from _a_store(request, tmp_path)


@pytest.fixture(params=["memory", "json"])
def quick_store(request, tmp_path):
    """Return an empty store, once for each backend that is quick enough for hundreds of stories."""
    yield from _a_store(request, tmp_path)


@pytest.fixture
def ministack_store(ministack):
    """Return a store on a table of its own."""
    return tables.a_store(ministack)


def _a_store(request, tmp_path):
    match request.param:
        case "memory":
            store = MemoryStore()
        case "json":
            store = JsonStore(tmp_path / "incidents.json")
        case stand_in:
            store = tables.a_store(request.getfixturevalue(stand_in))
    yield store
    store.close()


@pytest.fixture
def desk(quick_store):
    """Return a desk on every quick backend."""
    return Desk(quick_store)


@pytest.fixture(scope="session")
def moto_client():
    """Return a client that moto answers as long as its mock is on."""
    return tables.moto_client()


@pytest.fixture
def moto(moto_client):
    """Return a client of moto's DynamoDB, in this process, which forgets everything with the test."""
    from moto import mock_aws  # a second's worth of imports

    with mock_aws():
        yield moto_client


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory):
    """Return the address of a ministack that runs as long as the tests do. Where there is none nobody asks."""
    with tables.ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="session")
def ministack(ministack_url):
    """Return a client of ministack's DynamoDB; each test makes a table of its own."""
    return tables.connect(ministack_url)


@pytest.fixture(scope="session")
def recordings():
    """Return the folder of recorded data, or skip aloud where it is absent."""
    here = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("TOCSIN_SHARED_DATA", here.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder}: set TOCSIN_SHARED_DATA")
    return folder
