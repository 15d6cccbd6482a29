"""Where alerts come from, and where they send whoever is woken: what an incident says of its alerts, too."""

from enum import StrEnum

from .frozen import Frozen


class Source(StrEnum):
    """Where alerts come from."""

    DATADOG = "datadog"
    ALERTMANAGER = "alertmanager"
    ELASTIC = "elastic"
    GENERIC = "generic"
    MANUAL = "manual"

    @property
    def pushes(self) -> bool:
        """True where alerts come only when their sender sends them, so that absence says nothing."""
        return self in (Source.ALERTMANAGER, Source.ELASTIC, Source.GENERIC)

    @property
    def may_never_recover(self) -> bool:
        """True where senders often do not say that an alert is over: what fires after a resolve is a new episode."""
        return self in (Source.ELASTIC, Source.GENERIC)


class Links(Frozen):
    """http(s) addresses that help whoever is woken; empty where the source gave none."""

    runbook: str = ""
    monitor: str = ""
    group: str = ""
