"""What every model of the domain shares: it cannot be changed, and its times are UTC."""

from datetime import UTC, datetime
from typing import Annotated

from pydantic import AfterValidator, AwareDatetime, BaseModel, ConfigDict


class Frozen(BaseModel):
    """A value. Unknown fields are passed over, so that an older reader survives a newer writer."""

    model_config = ConfigDict(frozen=True, extra="ignore", defer_build=True)


def _to_utc(moment: datetime) -> datetime:
    try:
        return moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    except OverflowError:
        message = "beyond the years 1 to 9999 in UTC"
        raise ValueError(message) from None


Utc = Annotated[AwareDatetime, AfterValidator(_to_utc)]
"""An aware moment, kept in UTC. A naive one is refused: nobody can know what it means."""
