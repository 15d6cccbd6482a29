"""What the tests of services may ask for: their stories are told on a table too."""

import pytest

from tests.fakes import MemoryStore
from tocsin.storage.json_store import JsonStore


@pytest.fixture(params=["memory", "json", "ministack"])
def quick_store(request, tmp_path):
    """Return an empty store, once for each backend that several can write to."""
    match request.param:
        case "memory":
            store = MemoryStore()
        case "json":
            store = JsonStore(tmp_path / "incidents.json")
        case _:
            store = request.getfixturevalue("ministack_store")
    yield store
    store.close()
