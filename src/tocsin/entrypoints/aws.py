"""AWS as this process reaches it: one session for every client, and the addresses of stand-ins.

Clients of one session share what botocore reads from its files, which takes longer than all the rest of a client. They
are botocore's own: boto3 would hand out the very same ones, after loading what moves files to S3.
"""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from botocore.session import Session

TIMEOUT = 3.0
"""Seconds for a connection, and for an answer, of which two are asked for: a sweep needs the rest of the time."""


class Aws:
    """A region, with credentials from the usual places. botocore is imported when it is first asked for anything."""

    def __init__(self, region: str, environ: Mapping[str, str]) -> None:
        self.region = region
        self._environ = environ
        self._session: Session | None = None

    @property
    def session(self) -> "Session":
        """The session that every client comes from."""
        if self._session is None:
            from botocore.session import Session

            self._session = Session()
        return self._session

    def endpoint(self, service: str) -> str | None:
        """Return the address of a stand-in, by the variables that AWS's own tools read; mostly None.

        ``service`` is as AWS calls it: "Secrets Manager".
        """
        name = service.upper().replace(" ", "_")
        return self._environ.get(f"AWS_ENDPOINT_URL_{name}") or self._environ.get("AWS_ENDPOINT_URL") or None

    def client(self, service: str) -> Any:  # noqa: ANN401 - botocore makes its classes while it runs
        """Return a client of a service as AWS calls it. DynamoDB's is made by its own module."""
        from botocore.config import Config

        retries = {"mode": "standard", "total_max_attempts": 2}
        config = Config(connect_timeout=TIMEOUT, read_timeout=TIMEOUT, retries=retries)  # type: ignore[arg-type]  # its stubs know no such retries
        made: Any = self.session.create_client(
            service.lower().replace(" ", ""),
            region_name=self.region,
            endpoint_url=self.endpoint(service),
            config=config,
        )
        return made
