"""What passwords are hashed by, as services know it."""

from typing import Protocol


class PasswordHasher(Protocol):
    """Hashes passwords, slowly. A hash says itself how it was made."""

    def hash(self, password: str) -> str:
        """Return what is kept of a password."""

    def matches(self, hash: str, password: str) -> bool:  # noqa: A002 - the word for it
        """Say whether a hash is that of this password."""

    def outdated(self, hash: str) -> bool:  # noqa: A002 - as above
        """Say whether a hash should be made anew, with the parameters of today."""
