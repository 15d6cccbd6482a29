"""What every test may ask for."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

from tests.desk import Desk
from tests.fakes import MemoryStore
from tocsin.storage.json_store import JsonStore

settings.register_profile("tocsin", deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True)
settings.load_profile("tocsin")


@pytest.fixture(params=["memory", "json"])
def any_store(request, tmp_path):
    """Return an empty store, once for each backend."""
    store = MemoryStore() if request.param == "memory" else JsonStore(tmp_path / "incidents.json")
    yield store
    store.close()


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
