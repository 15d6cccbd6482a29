"""What the tests of the cloud may ask for."""

import pytest

from tests.cloud import recording
from tests.cloud.cloudformation import Stack


@pytest.fixture(scope="session")
def stack():
    """Return the stack with nothing set but where the keys are."""
    return Stack("template.yaml", DatadogSecretName="tocsin/datadog")


@pytest.fixture(scope="session")
def function(stack):
    """Return the properties of the function of the sync."""
    return stack.properties("SyncFunction")


@pytest.fixture(scope="session")
def api_function(stack):
    """Return the properties of the function behind the API."""
    return stack.properties("ApiFunction")


@pytest.fixture(scope="session")
def pager_function(stack):
    """Return the properties of the function that pages."""
    return stack.properties("PagerFunction")


@pytest.fixture(scope="module")
def recorded(ministack_url):
    """Return the calls of a sync through everything that a shop can go through, with keys from either place."""
    return recording.from_either_place(ministack_url, "tocsin-test/keys", recording.a_shops_day)


@pytest.fixture(scope="module")
def recorded_pager(ministack_url):
    """Return the calls of a pager through everything that it can be called for."""
    return recording.pages(ministack_url)


@pytest.fixture(scope="module")
def recorded_api(ministack_url):
    """Return the calls of the API through everything that can be asked of it, with keys from either place."""
    recording.keep_secret(ministack_url, "tocsin-signing-keys", recording.SIGNING)
    recording.keep_secret(ministack_url, recording.CHANNELS, recording.CHANNEL_KEYS)
    return recording.from_either_place(ministack_url, "tocsin-test/api-keys", recording.everything_asked)
