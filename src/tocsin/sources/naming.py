"""Which tags and labels say whose an alert is: the service, the environment, the team."""

from collections.abc import Mapping
from dataclasses import dataclass

from .kept import LONGEST_NAME
from .outside import text
from .tags import tag_values


@dataclass(frozen=True, slots=True)
class TagNames:
    """The settings ``SERVICE_TAG``, ``ENVIRONMENT_TAG`` and ``TEAM_TAG``, and what goes by without being set.

    Datadog's monitors are tagged on purpose: there the setting is taken at its word. Labels are what an exporter or a
    script happens to write, so that ``job`` stands in for a service, and ``environment`` and ``env`` for each other.
    """

    service: str = "service"
    environment: str = "env"
    team: str = "team"

    @property
    def environment_tags(self) -> tuple[str, ...]:
        """The tags of a Datadog monitor that name the environment, the preferred one first."""
        return ("env", "environment") if self.environment == "env" else (self.environment,)

    @property
    def service_labels(self) -> tuple[str, ...]:
        """The labels that name the service, the preferred one first."""
        return tuple(dict.fromkeys((self.service, "service", "job")))

    @property
    def environment_labels(self) -> tuple[str, ...]:
        """The labels that name the environment, the preferred one first."""
        others = ("environment", "env")
        return others if self.environment in others else (self.environment, *others)

    @property
    def team_labels(self) -> tuple[str, ...]:
        """The labels that name the team, the preferred one first."""
        return tuple(dict.fromkeys((self.team, "team")))


def label_value(labels: Mapping[str, str], names: tuple[str, ...]) -> str:
    """Return the value of the first of these labels that says something."""
    return next((value for name in names if (value := labels.get(name, "").strip())), "")[:LONGEST_NAME]


def tag_value(tags: tuple[str, ...], names: tuple[str, ...]) -> str:
    """Return the value of the first of these tags."""
    return text(next(tag_values(tags, names), ""), LONGEST_NAME)
