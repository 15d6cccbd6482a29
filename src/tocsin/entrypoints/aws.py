"""Clients of AWS services other than the store's, and the addresses of stand-ins. boto3 is imported by the first."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from tocsin.config import Settings

TIMEOUT = 3.0
"""Seconds for a connection, and for an answer, of which two are asked for: a sweep needs the rest of the time."""


def endpoint(environ: Mapping[str, str], service: str) -> str | None:
    """Return the address of a stand-in for an AWS service, by the variables that AWS's own tools read; mostly None."""
    name = service.upper().replace(" ", "_")
    return environ.get(f"AWS_ENDPOINT_URL_{name}") or environ.get("AWS_ENDPOINT_URL") or None


def client(service: str, settings: "Settings", environ: Mapping[str, str]) -> Any:  # noqa: ANN401 - boto3 makes it
    """Return a client of ``service`` as AWS calls it: "Secrets Manager", "SSM". Credentials: the usual places."""
    import boto3
    from botocore.config import Config

    config = Config(
        connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries={"mode": "standard", "total_max_attempts": 2}
    )
    name = service.lower().replace(" ", "")
    made: Any = boto3.session.Session().client(  # type: ignore[call-overload]  # the name is no literal
        name, region_name=settings.aws_region, endpoint_url=endpoint(environ, service), config=config
    )
    return made
