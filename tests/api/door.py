"""People at the door of the API: tokens of a form that it knows, until there are those of sessions."""

import hashlib

from tocsin.services.api_keys import ApiKeys


class Door(ApiKeys):
    """The keys of a store, and people who were let in without one."""

    def __init__(self, *arguments, **more):
        super().__init__(*arguments, **more)
        self._people = {}

    def let_in(self, user):
        """Return a token that is this person's, as they are now."""
        key_id = hashlib.sha256(user.id.encode()).hexdigest()[:12]
        self._people[key_id] = user.principal(session="test")
        return f"tocsin_{key_id}_{'p' * 43}"

    def check(self, token):
        """Return who holds a token."""
        return self._people.get(token.key_id) or super().check(token)
