"""Write docs/access.md from the table that the code runs: who may ask for what."""

from collections.abc import Iterator
from pathlib import Path

from tocsin.api.access import TABLE
from tocsin.domain.access import Access, Principal, Scope, UserRole

PAGE = Path(__file__).resolve().parents[1] / "docs" / "access.md"
YES, NO = "yes", "-"

HEAD = """\
# Who may do what

One table says it: the code reads it at the door of every request, this page is written from it
(`make access`), and a test tries every route as everybody. A route without a row does not start.

People have a role: `viewer` looks, `responder` works on incidents too, `admin` does everything. Programs have keys with
scopes ([api.md](api.md#keys)); one of several that fits is enough, and `admin` includes everything that keys may do.
Who is nobody gets 401 where anything is asked, whoever may not gets 403, and learns nothing by either.

Beyond the table:

- What is under `/users/me` is one's own: nobody reaches another's by it, and a key has none.
- A responder changes a schedule by what they take part in themselves: they take shifts, hand over and swap their own, and
  end the links to calendars that they made. Shifts between others are an administrator's.
- Role and e-mail address are changed by administrators. Nobody raises their own role, and the last administrator who
  can sign in is neither demoted nor deactivated.
- Who is deactivated is let in nowhere, stays listed, and what they did keeps their name.

"""


def everybody() -> dict[str, Principal | None]:
    """Return each kind of who asks, by the heading of its column."""
    people: dict[str, Principal | None] = {role.value: Principal("user:1", "x", role=role) for role in UserRole}
    keys = {f"key `{scope.value}`": Principal("key:1", "x", scopes=frozenset({scope})) for scope in Scope}
    return {"nobody": None, **people, **keys}


def page() -> str:
    """Return the page."""
    return HEAD + "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    who = everybody()
    yield f"| method, path | {' | '.join(who)} |"
    yield f"|---|{'---|' * len(who)}"
    for route in sorted(TABLE, key=lambda one: one.split()[::-1]):
        access = TABLE[route]
        yield f"| `{route}` | {' | '.join(_may(access, one) for one in who.values())} |"


def _may(access: Access, who: Principal | None) -> str:
    return YES if access.admits(who) else NO


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
