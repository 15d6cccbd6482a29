"""What services know of seals: a text that is kept so that only we can read it again. ``identity`` makes and opens them."""

from typing import Protocol


class Sealer(Protocol):
    """Seals texts. A seal names its key, and opens for as long as that key is kept."""

    def seal(self, text: str, about: str) -> str:
        """Return ``text`` sealed, bound to what it is ``about``: the seal of one contact is none of another."""

    def open(self, sealed: str, about: str) -> str:
        """Return what was sealed.

        Raises :class:`~tocsin.errors.ConfigurationError`, which names what it is about and says what to do, if its key is
        not here or it is no seal of ours about this.
        """
