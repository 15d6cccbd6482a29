"""The rules, in one table: what each route asks of who comes. A route without a row cannot be declared.

The code reads it at the door, ``docs/access.md`` is written from it, and the tests try every route as everybody.
"""

from collections.abc import Mapping

from tocsin.domain.access import ADMINISTER, ANYBODY, PUSH, READ, SELF, WRITE, Access

_V1 = "/api/v1"
_INCIDENT = f"{_V1}/incidents/{{incident_id}}"

TABLE: Mapping[str, Access] = {
    f"POST {_V1}/alerts": PUSH,
    f"POST {_V1}/webhooks/alertmanager": PUSH,
    f"POST {_V1}/webhooks/elastic": PUSH,
    f"POST {_V1}/webhooks/datadog": PUSH,
    f"GET {_V1}/alerts": READ,
    f"GET {_V1}/alerts/{{alert_id}}": READ,
    f"POST {_V1}/incidents": WRITE,
    f"GET {_V1}/incidents": READ,
    f"GET {_V1}/incidents/stats/summary": READ,
    f"GET {_INCIDENT}": READ,
    f"PATCH {_INCIDENT}": WRITE,
    f"PUT {_INCIDENT}": WRITE,
    f"DELETE {_INCIDENT}": ADMINISTER,
    f"POST {_INCIDENT}/acknowledge": WRITE,
    f"POST {_INCIDENT}/start": WRITE,
    f"POST {_INCIDENT}/resolve": WRITE,
    f"POST {_INCIDENT}/close": WRITE,
    f"POST {_INCIDENT}/snooze": WRITE,
    f"POST {_INCIDENT}/unsnooze": WRITE,
    f"POST {_INCIDENT}/merge": WRITE,
    f"PUT {_INCIDENT}/assignments/{{user}}": WRITE,
    f"DELETE {_INCIDENT}/assignments/{{user}}": WRITE,
    f"POST {_INCIDENT}/notes": WRITE,
    f"GET {_INCIDENT}/notes": READ,
    f"GET {_INCIDENT}/timeline": READ,
    f"GET {_INCIDENT}/metrics": READ,
    "GET /health": ANYBODY,
    "GET /health/ready": ANYBODY,
    "GET /ready": ANYBODY,
    f"GET {_V1}/openapi.json": ANYBODY,
    "GET /docs": ANYBODY,
    f"POST {_V1}/auth/refresh": ANYBODY,
    f"POST {_V1}/auth/logout": SELF,
    f"GET {_V1}/auth/sessions": SELF,
    f"DELETE {_V1}/auth/sessions/{{session_id}}": SELF,
    f"POST {_V1}/auth/login": ANYBODY,
    f"POST {_V1}/auth/login/access-token": ANYBODY,
    f"POST {_V1}/auth/setup": ANYBODY,
    f"POST {_V1}/auth/password": SELF,
    f"POST {_V1}/auth/recover": ANYBODY,
    f"POST {_V1}/auth/reset": ANYBODY,
    f"POST {_V1}/auth/signup": ANYBODY,
    f"POST {_V1}/auth/verify": ANYBODY,
}
"""What each route asks, by method and path."""
