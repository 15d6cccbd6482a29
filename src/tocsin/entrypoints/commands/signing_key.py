"""``signing-key``: the keys that sign-ins are signed with."""

import click

from tocsin.domain.audit import Actor, AuditAction, Deed
from tocsin.entrypoints.choices import BY
from tocsin.entrypoints.key_places import key_file
from tocsin.entrypoints.wiring import Wiring, pass_wiring
from tocsin.errors import InvalidInput
from tocsin.services.auditing import AuditLog


@click.group()
def signing_key() -> None:
    """Exchange the key that sign-ins are signed with."""


@signing_key.command()
@BY
@pass_wiring
def rotate(wiring: Wiring, *, by: str) -> None:
    """Sign with a new key from now on, on the file that holds the keys.

    What the key until now has signed stays good, what the one before it has signed does not: nobody notices, unless
    they were away for two exchanges. A server that runs takes the new key within 15 minutes. For keys in a secret of
    AWS see docs/operate.md.
    """
    who = wiring.actor(by)
    settings = wiring.settings()
    if settings.signing_keys_secret:
        message = f"the signing keys are in the secret {settings.signing_keys_secret}, and are exchanged there"
        raise InvalidInput(message, hint="docs/operate.md, rotating the signing keys, has the commands")
    with wiring.store(settings) as store:
        audit = AuditLog(store, clock=wiring.clock, new_id=wiring.new_id)

        def tell(new: str, old: str) -> None:
            # Before it is written: should that fail, the log says too much and not too little.
            audit.commit(Deed(AuditAction.SIGNING_KEY_ROTATED, Actor(who), f"signing-key:{new}", {"before": old}))

        ring = key_file(settings, new_secret=wiring.new_secret).rotate(tell)
    before = ring.previous.kid if ring.previous else ""
    wiring.out.line(f"Signing with {ring.current.kid} from now on{f'; {before} stays good' if before else ''}.")
