"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests import tables
from tests.desk import Desk
from tests.fakes import MemoryStore
from tocsin.storage.json_store import JsonStore

settings.register_profile("tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("tocsin")


@pytest.fixture(params=["memory", "json", "moto", "ministack"])
def any_store(request, tmp_path):
    """Return an empty store, once for each backend."""
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
def moto():
    """Return a client of moto's DynamoDB, in this process, which forgets everything with the test."""
    with tables.moto_client() as client:
        yield client


@pytest.fixture(scope="session")
def ministack_url(tmp_path_factory):
    """Return the address of a ministack that runs as long as the tests do, or skip aloud where there is none."""
    if tables.ministack_program() is None:
        pytest.skip("no ministack at .tools/ministack: 'make tools' installs it, MINISTACK names another")
    with tables.ministack(tmp_path_factory.mktemp("ministack")) as url:
        yield url


@pytest.fixture(scope="session")
def ministack(ministack_url):
    """Return a client of ministack's DynamoDB; each test makes a table of its own."""
    return tables.connect(ministack_url)


@pytest.fixture
def desk(any_store):
    """Return a desk on every backend."""
    return Desk(any_store)


@pytest.fixture(scope="session")
def recordings():
    """Return the folder of recorded data, or skip aloud where it is absent."""
    here = Path(__file__).resolve().parents[1]
    folder = Path(os.environ.get("TOCSIN_SHARED_DATA", here.parent / "shared" / "data"))
    if not folder.is_dir():
        pytest.skip(f"no recorded data at {folder}: set TOCSIN_SHARED_DATA")
    return folder
