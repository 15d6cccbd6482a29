"""What the tests of the cloud may ask for."""

import pytest

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
