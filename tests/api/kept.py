"""What is there when the running API is tried and no other request touches, so that each operation is done once for sure."""

from datetime import timedelta

from tests.api.cast import ASKER, FOUNDER
from tests.entrypoints.serving import ask
from tocsin.clock import utc_now

KEPT, GONE = "kept", "gone"
"""Names that no dictionary has: of what is changed, and of what is deleted."""

LAYER = {"name": "Base", "people": [ASKER], "rotation": {"unit": "week"}, "start": "2026-03-02"}
PERSON, LEAVER = "kept@example.com", "gone@example.com"
LINKED, UNLINKED = "T0000001:U0000001", "T0000001:U0000002"
TO_ADMINS = {"actions": [{"type": "notify", "target": "admins"}]}


def kept(url, key, asker):
    """Make it with a key that may do all; ``asker`` is the access token of who asks.

    Return where each operation can be done, and with which body, by its name.
    """

    def made(path, body, *, method="POST", token=key, statuses=(200, 201)):
        reply = ask(url, method, f"/api/v1{path}", body, authorization=f"Bearer {token}")
        assert reply.status in statuses, (path, reply.status, reply.body)
        return reply.json

    for email in (PERSON, LEAVER):
        made("/users", {"email": email, "full_name": "Kept"})
    made(f"/users/{PERSON}/slack/{LINKED}", None, method="PUT")
    for name in (KEPT, GONE):
        made("/teams", {"name": name})
        made("/rooms", {"name": name, "kind": "log", "address": {}})
    policy = made("/policies", {"name": KEPT, "conditions": {"service": [KEPT]}, "steps": [TO_ADMINS]})["id"]
    beats = {name: made("/heartbeats", {"name": name, "every_minutes": 10_000}) for name in (KEPT, GONE)}
    page = made("/notify", {"targets": [f"user:{ASKER}"], "message": "hello"})["notifications"][0]["id"]
    turn = {"start": utc_now().isoformat(), "end": (utc_now() + timedelta(days=1)).isoformat()}
    made("/schedules", {"name": GONE})
    layers = [{**LAYER, "id": one} for one in (KEPT, GONE)]
    schedule = made("/schedules", {"name": KEPT, "layers": layers, "overrides": [{"person": ASKER, **turn}]})
    own = made("/users/me/feeds", {}, token=asker)["id"]
    # Who may make such a link revokes their own only.
    theirs = made(f"/schedules/{KEPT}/feeds", {}, token=asker, statuses=(201, 403))
    revoked = theirs if "id" in theirs else made(f"/schedules/{KEPT}/feeds", {})
    opened = made(f"/schedules/{KEPT}/feeds", {})
    path, _, secret = opened["path"].partition("?secret=")
    feed = path.rpartition("/")[2].removesuffix(".ics")
    here = {"schedule_id": KEPT}
    slack = {"user_id": PERSON, "slack_user": UNLINKED}
    return {
        "add_schedule": {"body": {"name": "another", "layers": [LAYER]}},
        "show_schedule": {"path": here},
        "edit_schedule": {"path": here, "body": {"time_zone": "Europe/Berlin"}},
        "delete_schedule": {"path": {"schedule_id": GONE}},
        "put_layer": {"path": here | {"layer_id": KEPT}, "body": LAYER},
        "take_layer": {"path": here | {"layer_id": GONE}},
        "add_override": {"path": here, "body": {"person": ASKER, **turn}},
        "swap": {"path": here, "body": {"one": {"person": ASKER, **turn}, "other": {"person": FOUNDER, **turn}}},
        "take_override": {"path": here | {"override_id": schedule["overrides"][0]["id"]}},
        "export": {"path": here},
        "list_shifts": {"path": here, "query": {}},
        "show_coverage": {"path": here, "query": {}},
        "list_own_shifts": {"query": {}},
        "show_current": {"query": {"team": KEPT}},
        "make_feed": {"path": here, "body": {"label": KEPT}},
        "list_feeds": {"path": here},
        "revoke_feed": {"path": here | {"feed_id": revoked["id"]}},
        "make_own_feed": {"body": {"label": KEPT}},
        "revoke_own_feed": {"path": {"feed_id": own}},
        "show_feed": {"path": {"feed_id": feed}, "query": {"secret": secret}},
        "show_notification": {"path": {"notification_id": page}},
        "notify": {"body": {"targets": [f"user:{ASKER}"], "message": "hello"}},
        "escalate": {"body": {"incident_id": "INC-1099"}},
        "send_test_page": {"body": {"contact": "account"}},
        "show_heartbeat": {"path": {"name": KEPT}},
        "edit_heartbeat": {"path": {"name": KEPT}, "body": {"service": "search"}},
        "delete_heartbeat": {"path": {"name": GONE}},
        "call_in": {"path": {"name": KEPT}},
        "call_in_with_token": {"path": {"name": KEPT}, "query": {"token": beats[KEPT]["token"]}},
        "preview_template": {"path": {"template": "page"}, "body": {"subject": "$title"}},
        "list_slack_users": {"path": {"user_id": PERSON}},
        "link_slack_user": {"path": slack},
        "unlink_slack_user": {"path": slack | {"slack_user": LINKED}},
        "show_policy": {"path": {"policy_id": "default"}},
        "delete_policy": {"path": {"policy_id": policy}},
        "delete_room": {"path": {"room": GONE}},
        "delete_team": {"path": {"team_id": GONE}},
        "deactivate_user": {"path": {"user_id": LEAVER}},
    }
