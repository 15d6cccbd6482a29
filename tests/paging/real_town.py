"""A town in a store: the directory that paging really uses, over people, teams, schedules and contacts that were made."""

from tests.reach import BOSS, Reached
from tocsin.domain.contact import ChannelKind
from tocsin.services.paging.lookup import Lookup
from tocsin.services.schedules import Schedules
from tocsin.services.silences import Silences
from tocsin.services.teams import Teams


class RealTown(Reached):
    """People and how they are reached, and who is on call; ``lookup`` is asked as paging asks."""

    def __init__(self, store):
        super().__init__(store)
        parts = {"clock": self.clock, "new_id": self.new_id}
        self.teams = Teams(store, self.audit, **parts)
        self.schedules = Schedules(store, self.audit, **parts)
        self.silences = Silences(store, self.audit, **parts)
        self.lookup = Lookup(
            store, self.users, self.teams, contacts=self.contacts, rules=self.rules, silences=self.silences
        )

    def schedule(self, name, *people, team="", **more):
        """Make a schedule on which these people take weekly turns, the first one now."""
        layer = {
            "id": "base",
            "name": "Base",
            "people": [one.id for one in people],
            "rotation": {"unit": "week"},
            "start": "2026-03-02",
            **more,
        }
        document = {"name": name, "team": team, "layers": [layer] if people else []}
        return self.schedules.add(document, actor=BOSS)

    def room(self, name, kind=ChannelKind.LOG):
        """Open a room."""
        return self.contacts.add_room(name, kind, {"name": "ops"}, actor=BOSS)

    def change(self, user, **update):
        """Change a person."""
        return self.users.change(user.id, lambda one: one.model_copy(update=update), actor=BOSS)
