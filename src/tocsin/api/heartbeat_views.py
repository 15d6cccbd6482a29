"""What the API shows of heartbeats that are watched, and what it takes to make and change them."""

from typing import Annotated, Any

from pydantic import Field, StrictBool

from tocsin.domain.frozen import Utc
from tocsin.domain.severity import Severity
from tocsin.domain.watch import LONGEST_GRACE, LONGEST_PACE, LONGEST_WORD, NAME, Watch
from tocsin.services.watches import WatchEdit

from .bodies import Body
from .views import View

Pace = Annotated[int, Field(ge=1, le=LONGEST_PACE, strict=True, description="How often it calls, in minutes.")]
Grace = Annotated[
    int, Field(ge=0, le=LONGEST_GRACE, strict=True, description="How many minutes later it may be; 1 unless given.")
]
Short = Annotated[str, Field(max_length=LONGEST_WORD)]


class HeartbeatView(View):
    """A heartbeat that is watched."""

    name: str
    every_minutes: int
    grace_minutes: int
    severity: Severity = Field(description="Of its alert when it is missing.")
    service: str
    environment: str
    team: str
    paused: bool
    last_at: Utc | None = Field(description="Its last call.")
    late_at: Utc | None = Field(description="Since when it is missing; null: it is not.")
    deadline: Utc | None = Field(description="When it is missing unless it calls; null: it is already, or is paused.")
    created_at: Utc
    created_by: str

    @classmethod
    def of(cls, watch: Watch) -> "HeartbeatView":
        """Return what is shown of a heartbeat."""
        return cls.model_construct(**_shown(watch))


class NewHeartbeatView(HeartbeatView):
    """A heartbeat that is watched, this once with the secret of its own address."""

    token: str = Field(description="With it, who has no key may call. It is shown this once.")

    @classmethod
    def made(cls, watch: Watch, token: str) -> "NewHeartbeatView":
        """Return what is shown of a heartbeat that was just made."""
        return cls.model_construct(**_shown(watch), token=token)


class HeartbeatList(View):
    """Some heartbeats, by name."""

    heartbeats: list[HeartbeatView]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")


class HeartbeatEdit(Body):
    """What is to be different about a heartbeat; what is not named stays as it is."""

    every_minutes: Pace | None = None
    grace_minutes: Grace | None = None
    severity: Severity | None = None
    service: Short | None = None
    environment: Short | None = None
    team: Short | None = None
    paused: StrictBool | None = Field(default=None, description="True: it is not missed, whatever it does.")

    @property
    def edit(self) -> WatchEdit:
        """The same for the service."""
        return WatchEdit(**{name: getattr(self, name) for name in WatchEdit.model_fields})


class NewHeartbeat(Body):
    """A heartbeat to watch for."""

    # The domain checks it, and says what is wrong better than a pattern does.
    name: str = Field(examples=["backup"], json_schema_extra={"pattern": f"^{NAME}$"})
    every_minutes: Pace
    grace_minutes: Grace = 1
    severity: Severity = Severity.HIGH
    service: Short = ""
    environment: Short = ""
    team: Short = ""

    @property
    def given(self) -> WatchEdit:
        """What is known of it beside name and pace, for the service."""
        return WatchEdit(**self.model_dump(exclude={"name", "every_minutes"}))


def _shown(watch: Watch) -> dict[str, Any]:
    said = {name: getattr(watch, name) for name in HeartbeatView.model_fields}
    return said if watch.late_at is None and not watch.paused else {**said, "deadline": None}
