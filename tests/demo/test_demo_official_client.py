"""The official client, unchanged, against the simulated Datadog."""

import orjson
import pytest
from datadog_api_client import ApiClient, Configuration
from datadog_api_client.exceptions import ApiException, ApiValueError, ForbiddenException, NotFoundException
from datadog_api_client.v1.api.authentication_api import AuthenticationApi
from datadog_api_client.v1.api.monitors_api import MonitorsApi
from datadog_api_client.v1.model.monitor import Monitor
from datadog_api_client.v1.model.monitor_type import MonitorType

from tests.demo.calls import API_KEY, APP_KEY
from tocsin.demo import DatadogServer, demo_world
from tocsin.demo.faults import POISONED_OPTIONS, PoisonedMonitor, RateLimited


@pytest.fixture
def shop(clock):
    """Return the demo's organisation, served."""
    with DatadogServer(demo_world(clock), api_key=API_KEY, app_key=APP_KEY) as server:
        yield server


@pytest.fixture
def client(shop):
    """Return a client with both keys, gzip on."""
    configuration = Configuration(host=shop.url, api_key={"apiKeyAuth": API_KEY, "appKeyAuth": APP_KEY})
    configuration.compress = True
    with ApiClient(configuration) as api_client:
        yield api_client
        api_client.rest_client.pool_manager.clear()


def raw(client):
    """Return an API that hands out the response itself, unread."""
    client.configuration.preload_content = False
    return MonitorsApi(client)


def test_the_typed_client_reads_the_list(shop, client):
    """Every monitor of the demo passes the client's own checks."""
    monitors = MonitorsApi(client).list_monitors(id_offset=0, page_size=100, with_downtimes=True)
    assert [m.id for m in monitors] == [m.id for m in shop.world.monitors()]
    assert {str(m.overall_state) for m in monitors} == {"OK", "Alert", "No Data"}
    muted = [m for m in monitors if m.matching_downtimes]
    assert [str(m.matching_downtimes[0].scope[0]) for m in muted] == ["*"]


def test_the_clients_own_pagination_ends(shop, client):
    """list_monitors_with_pagination walks by page."""
    monitors = list(MonitorsApi(client).list_monitors_with_pagination(page_size=10))
    assert len(monitors) == len(shop.world.monitors())


def test_the_typed_client_reads_one_with_its_groups(shop, client):
    """Groups that have alerted and recovered pass the checks too."""
    monitor = shop.world.create("one")
    for move in (shop.world.no_data, shop.world.trigger, shop.world.recover):
        move(monitor)
    read = MonitorsApi(client).get_monitor(monitor.id, group_states="all", with_downtimes=True)
    assert read.state.groups["*"].last_triggered_ts == shop.world.now()


def test_the_typed_client_searches(shop, client):
    """Both searches, with counts."""
    api = MonitorsApi(client)
    found = api.search_monitors(query="status:ok", per_page=5)
    assert (len(found.monitors), found.metadata.per_page) == (5, 5)
    groups = api.search_monitor_groups(query="status:alert")
    assert [row.group for row in groups.groups] == ["service:search", "total"]


def test_the_client_validates(shop, client):
    """Keys and monitors."""
    assert AuthenticationApi(client).validate().valid is True
    monitor = Monitor(type=MonitorType("metric alert"), query="avg(last_5m):avg:system.load.1{*} > 5")
    assert MonitorsApi(client).validate_monitor(monitor) == {}


def test_raw_bytes_come_decompressed(shop, client):
    """preload_content=False hands out the response itself, with the simulated Date."""
    response = raw(client).list_monitors(group_states="all", id_offset=0, page_size=1000)
    assert [item["id"] for item in orjson.loads(response.data)] == [m.id for m in shop.world.monitors()]
    assert response.headers["Content-Encoding"] == "gzip"
    assert response.headers["Date"] == "Mon, 02 Mar 2026 09:00:00 GMT"


def test_the_client_raises_what_it_raises_at_datadog(shop, client):
    """403, 404 and 429 are the client's own errors."""
    api = MonitorsApi(client)
    with pytest.raises(NotFoundException):
        api.get_monitor(1)
    shop.faults.next(RateLimited())
    with pytest.raises(ApiException) as limited:
        api.list_monitors()
    assert (limited.value.status, limited.value.headers["X-RateLimit-Reset"]) == (429, "1")
    client.configuration.api_key["appKeyAuth"] = "wrong"
    with pytest.raises(ForbiddenException):
        api.list_monitors()


def test_one_odd_monitor_makes_the_typed_client_refuse_the_page(shop, client):
    """The poison works: typed reading fails for the whole list, raw reading does not."""
    shop.faults.always(PoisonedMonitor(POISONED_OPTIONS))
    with pytest.raises(ApiValueError):
        MonitorsApi(client).list_monitors()
    assert len(orjson.loads(raw(client).list_monitors().data)) == len(shop.world.monitors())
