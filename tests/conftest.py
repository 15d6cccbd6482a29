"""What every test may ask for."""

import os
import signal
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import tables
from tests.desk import Desk
from tests.fakes import MemoryStore
from tocsin.storage.json_store import JsonStore

settings.register_profile("tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("tocsin")

if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    # Started in the background of a script: what the tests start would not hear the Ctrl-C that they send it.
    signal.signal(signal.SIGINT, signal.default_int_handler)

STAND_IN = frozenset({"ministack", "ministack_url"})


def pytest_collection_modifyitems(items):
    """Mark what needs the server that stands in for AWS, so that ``make integration`` can run just that."""
    for item in items:
        parameters = item.callspec.params.values() if hasattr(item, "callspec") else ()
        if not STAND_IN.isdisjoint(item.fixturenames) or any(one == "ministack" for one in parameters):
            item.add_marker(pytest.mark.standin)


@pytest.fixture(params=["memory", "json", "moto", "ministack"])
def any_store(request, tmp_path):
    """Return an empty store, once for each backend."""
    if request.param == "moto" and request.node.get_closest_marker("large"):
        pytest.skip("moto copies the whole table for each transaction: ministack takes this one")
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
    """Return the address of a ministack that runs as long as the tests do, or skip aloud where there is none."""
    if tables.ministack_program() is None:
        pytest.skip("a stand-in for AWS is started by 'make integration' alone")
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
