"""Files that say how a person wants to be told: YAML, or JSON, as the API takes it."""

from pathlib import Path

import yaml

from tocsin.api.contact_views import RulesBody, RulesView
from tocsin.domain.documents import checked

from .config_files import plain
from .plain_yaml import read_object


def read_rules(file: Path) -> RulesBody:
    """Return what a file says. Raises :class:`~tocsin.errors.InvalidInput`, which says where in it what is wrong."""
    return checked(RulesBody, read_object(file, "notification rules"))


def written(chosen: RulesView) -> str:
    """Return it as YAML that :func:`read_rules` reads; what nobody chose is left out."""
    said = RulesBody.model_validate(chosen.model_dump(mode="json")).model_dump(mode="json", exclude_defaults=True)
    text: str = yaml.safe_dump(plain(said), sort_keys=False, width=120)
    return text
