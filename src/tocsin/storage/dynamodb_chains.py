"""Which changes of many must be written one after the other, and which may be written side by side."""

from collections.abc import Iterator, Sequence

from tocsin.domain.change import Change

Numbered = tuple[int, Change]


def chains(changes: Sequence[Change]) -> list[list[Numbered]]:
    """Return the changes, numbered, in chains: two that write the same thing are in one, in their order.

    A shared incident obliges to that; so does a shared alert row, claim or record, since the later change was
    decided on what the earlier one writes.
    """
    leader = list(range(len(changes)))

    def led_by(one: int) -> int:
        while leader[one] != one:
            leader[one] = one = leader[leader[one]]
        return one

    first: dict[tuple[str, ...], int] = {}
    for number, change in enumerate(changes):
        for name in _written(change):
            leader[led_by(number)] = led_by(first.setdefault(name, number))
    found: dict[int, list[Numbered]] = {}
    for number, change in enumerate(changes):
        found.setdefault(led_by(number), []).append((number, change))
    return list(found.values())


def _written(change: Change) -> Iterator[tuple[str, ...]]:
    yield from (("incident", write.incident.id) for write in change.incidents)
    yield from (("incident", event.incident_id) for event in change.events)
    yield from (("alert", write.alert.source.value, write.alert.key) for write in change.alerts)
    yield from (("claim", write.claim.key) for write in change.claims)
    yield from (("record", write.kind, write.id) for write in change.records)
