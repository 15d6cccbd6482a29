"""What was decided about one alert, and why. A reason reaches report, timeline and screen unchanged."""

from dataclasses import dataclass
from enum import StrEnum

from .severity import Severity


class Reason(StrEnum):
    """Why something was done, or was not. Each has one sentence in :data:`EXPLAINED`."""

    OPENED = "opened"
    ADOPTED = "adopted"
    JOINED = "joined"
    REFIRED = "refired"
    DEDUPLICATED = "deduplicated"
    SEVERITY_RAISED = "severity_raised"
    SEVERITY_LOWERED = "severity_lowered"
    MUTED = "muted"
    UNMUTED = "unmuted"
    COVERED_BY_RESOLVE = "covered_by_resolve"
    SUPPRESSED_MUTED = "suppressed_muted"
    SUPPRESSED_DRAFT = "suppressed_draft"
    NO_DATA_NOT_ASKED = "no_data_not_asked"
    NOT_SELECTED = "not_selected"
    IGNORED_BY_RULE = "ignored_by_rule"
    KEPT_NO_DATA = "kept_no_data"
    KEPT_UNKNOWN_STATE = "kept_unknown_state"
    OUT_OF_ORDER = "out_of_order"
    HELD_INCOMPLETE_SWEEP = "held_incomplete_sweep"
    HELD_UNREADABLE = "held_unreadable"
    HELD_GROUPS_ABSENT = "held_groups_absent"
    HELD_GROUP_MISSING = "held_group_missing"
    HELD_UNCONFIRMED = "held_unconfirmed"
    RECOVERED = "recovered"
    GROUP_GONE = "group_gone"
    MONITOR_DELETED = "monitor_deleted"
    SETTLED = "settled"
    CYCLE_DUE = "cycle_due"
    SNOOZE_OVER = "snooze_over"
    UNMUTED_AGAIN = "unmuted_again"
    ACK_TIMED_OUT = "ack_timed_out"
    POLICY = "policy"
    NOBODY_REACHED = "nobody_reached"
    NOBODY_ACKNOWLEDGED = "nobody_acknowledged"
    MERGED = "merged"
    BY_HAND = "by_hand"
    NOT_FIRING = "not_firing"
    EXPIRED = "expired"
    REPLACED = "replaced"


EXPLAINED: dict[Reason, str] = {
    Reason.OPENED: "its problem had no open incident",
    Reason.ADOPTED: "recorded at first contact; nobody is paged",
    Reason.JOINED: "its problem has an open incident",
    Reason.REFIRED: "it had recovered: a new episode in the same incident",
    Reason.DEDUPLICATED: "it still fires: nothing new",
    Reason.SEVERITY_RAISED: "it got worse",
    Reason.SEVERITY_LOWERED: "it got milder",
    Reason.MUTED: "muted at the source: kept, its pages held",
    Reason.UNMUTED: "muted no longer, and still firing",
    Reason.COVERED_BY_RESOLVE: "a person resolved its incident while it fired: nothing opens until it ends",
    Reason.SUPPRESSED_MUTED: "muted at the source: opens nothing",
    Reason.SUPPRESSED_DRAFT: "its monitor is a draft: opens nothing",
    Reason.NO_DATA_NOT_ASKED: "No Data, and its monitor does not ask to be told",
    Reason.NOT_SELECTED: "outside the selection by tag, environment, priority or age",
    Reason.IGNORED_BY_RULE: "a severity rule says that it opens nothing",
    Reason.KEPT_NO_DATA: "data stopped while it fired: kept open",
    Reason.KEPT_UNKNOWN_STATE: "a state that says nothing about the problem: kept as it was",
    Reason.OUT_OF_ORDER: "older than what was already applied: changes nothing",
    Reason.HELD_INCOMPLETE_SWEEP: "absent from an incomplete sweep, which proves nothing",
    Reason.HELD_UNREADABLE: "its monitor could not be read: left as it was",
    Reason.HELD_GROUPS_ABSENT: "its monitor came without groups, which proves nothing",
    Reason.HELD_GROUP_MISSING: "its group is missing for the first time: the next complete sweep decides",
    Reason.HELD_UNCONFIRMED: "its monitor is absent, but its deletion is not confirmed",
    Reason.RECOVERED: "the source says so",
    Reason.GROUP_GONE: "its group was missing from two complete sweeps running",
    Reason.MONITOR_DELETED: "the source confirmed it when asked",
    Reason.SETTLED: "nothing fired again while it settled",
    Reason.CYCLE_DUE: "what it was put off for has not passed, and the pause between cycles is over",
    Reason.SNOOZE_OVER: "its snooze is over, and nobody has resolved it",
    Reason.UNMUTED_AGAIN: "what held its pages is over, and nobody has acknowledged",
    Reason.ACK_TIMED_OUT: "it was acknowledged, and nobody began to work on it in time",
    Reason.POLICY: "its escalation policy says so",
    Reason.NOBODY_REACHED: "somebody who should be paged cannot be",
    Reason.NOBODY_ACKNOWLEDGED: "every step of its escalation was taken, and nobody acknowledged",
    Reason.MERGED: "a person merged it with another",
    Reason.BY_HAND: "a person did it",
    Reason.NOT_FIRING: "it is over, and did not fire: remembered, so that late news of it opens nothing",
    Reason.EXPIRED: "it was not repeated in time",
    Reason.REPLACED: "its monitor said which of its groups fire",
}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided about one alert. ``incident_id`` is empty where no incident is concerned."""

    key: str
    reason: Reason
    title: str = ""
    incident_id: str = ""
    severity: Severity | None = None
    detail: str = ""

    @property
    def explanation(self) -> str:
        """The reason as a sentence for a person."""
        return EXPLAINED[self.reason]
