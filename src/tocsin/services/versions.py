"""Changes on condition: what somebody looked at before is changed only if nobody has changed it since."""

from tocsin.errors import PreconditionFailed


def see_version(what: str, version: int, expected: int | None) -> None:
    """Raise ``PreconditionFailed`` unless a version is the ``expected`` one (None: any will do); ``what`` has it."""
    if expected is not None and version != expected:
        message = f"{what} was changed since you looked"
        raise PreconditionFailed(message, hint="look again, and decide")
