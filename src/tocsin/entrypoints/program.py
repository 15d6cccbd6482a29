"""The root of the command line: every command by name."""

import click

from tocsin import __version__

from .lazy_group import Entry, LazyGroup
from .store_choice import server_option, store_option

COMPLETE_VARIABLE = "_TOCSIN_COMPLETE"
"""What a shell sets to ask for completions."""

ALERTS, INCIDENTS, RULES, STORE = "Alerts", "Incidents", "Figures and rules", "Store and shell"
PEOPLE = "People and keys"
ON_CALL = "On call"
_COMMANDS = "tocsin.entrypoints.commands"

TABLE = {
    "sync": Entry(f"{_COMMANDS}.sync:sync", "Pull Datadog's monitors and bring the incidents up to date.", ALERTS),
    "tick": Entry(f"{_COMMANDS}.upkeep:tick", "Do what is due now: resolve what has settled.", ALERTS),
    "invoke-local": Entry(
        f"{_COMMANDS}.invoke_local:invoke_local",
        "Run the scheduled function here, as Lambda does.",
        ALERTS,
        served=False,
    ),
    "demo": Entry(
        "tocsin.entrypoints.demo:demo", "Play half an hour against a simulated Datadog.", ALERTS, False, False
    ),
    "serve": Entry(f"{_COMMANDS}.serve:serve", "Serve the HTTP API here, and sync on the side.", ALERTS, served=False),
    "send": Entry(f"{_COMMANDS}.sending:send", "Send a test alert to a running server.", ALERTS, stored=False),
    "list": Entry(f"{_COMMANDS}.listing:list_incidents", "List incidents, newest first.", INCIDENTS),
    "show": Entry(f"{_COMMANDS}.showing:show", "Show one incident with its alerts and timeline.", INCIDENTS),
    "open": Entry(f"{_COMMANDS}.opening:open_incident", "Open an incident by hand.", INCIDENTS),
    "ack": Entry(f"{_COMMANDS}.actions:ack", "Say that somebody is on it.", INCIDENTS),
    "start": Entry(f"{_COMMANDS}.actions:start", "Say that work has begun.", INCIDENTS),
    "assign": Entry(f"{_COMMANDS}.actions:assign", "Add somebody to those who work on it.", INCIDENTS),
    "unassign": Entry(f"{_COMMANDS}.actions:unassign", "Take somebody off.", INCIDENTS),
    "note": Entry(f"{_COMMANDS}.actions:note", "Add a line to the timeline.", INCIDENTS),
    "severity": Entry(f"{_COMMANDS}.actions:severity", "Pin the severity; no machine changes it then.", INCIDENTS),
    "resolve": Entry(f"{_COMMANDS}.actions:resolve", "Resolve, with root cause and steps taken.", INCIDENTS),
    "close": Entry(f"{_COMMANDS}.actions:close", "Close a resolved incident.", INCIDENTS),
    "edit": Entry(f"{_COMMANDS}.changing:edit", "Change what an incident says.", INCIDENTS),
    "snooze": Entry(f"{_COMMANDS}.changing:snooze", "Hold its pages for a while.", INCIDENTS),
    "merge": Entry(f"{_COMMANDS}.changing:merge", "Make it part of another incident.", INCIDENTS),
    "delete": Entry(f"{_COMMANDS}.changing:delete", "Delete it, for ever.", INCIDENTS),
    "stats": Entry(f"{_COMMANDS}.figures:stats", "How quickly incidents are acknowledged and resolved.", RULES),
    "rules": Entry(f"{_COMMANDS}.rules:rules", "Check the severity rules, and try them.", RULES, False, False),
    "policy": Entry(f"{_COMMANDS}.policy:policy", "Say who is paged, after how long, and for what.", ON_CALL),
    "config": Entry(f"{_COMMANDS}.config:config", "Keep schedules and policies in files.", ON_CALL),
    "page": Entry(f"{_COMMANDS}.paging:page", "Page somebody by hand.", ON_CALL),
    "escalate": Entry(f"{_COMMANDS}.paging:escalate", "Page the next step of a policy now.", ON_CALL),
    "notifications": Entry(f"{_COMMANDS}.paging:notifications", "Say what became of pages.", ON_CALL),
    "explain": Entry(f"{_COMMANDS}.explain:explain", "Say why somebody was, or was not, paged.", ON_CALL),
    "readiness": Entry(f"{_COMMANDS}.readiness:readiness", "Would a page reach a human now?", ON_CALL),
    "silence": Entry(f"{_COMMANDS}.silence:silence", "Drop the pages of some incidents for a while.", ON_CALL),
    "heartbeat": Entry(f"{_COMMANDS}.heartbeat:heartbeat", "Watch for the heartbeats of others.", ON_CALL),
    "user": Entry(f"{_COMMANDS}.user:user", "Add people, and say what they may do.", PEOPLE),
    "team": Entry(f"{_COMMANDS}.team:team", "Make teams, and say what they own.", PEOPLE),
    "schedule": Entry(f"{_COMMANDS}.schedule:schedule", "Say who is on call when.", PEOPLE),
    "oncall": Entry(f"{_COMMANDS}.oncall:oncall", "Who is on call now, and who is next.", PEOPLE),
    "contact": Entry(f"{_COMMANDS}.contact:contact", "Say by which ways somebody is reached.", PEOPLE),
    "room": Entry(f"{_COMMANDS}.room:room", "Say where rooms are that several people read.", PEOPLE),
    "key": Entry(f"{_COMMANDS}.key:key", "Make, list and revoke API keys.", PEOPLE),
    "audit": Entry(f"{_COMMANDS}.audit:audit", "Show, export and verify the audit log.", PEOPLE),
    "prune": Entry(f"{_COMMANDS}.upkeep:prune", "Forget incidents that were closed long ago.", STORE),
    "doctor": Entry(f"{_COMMANDS}.doctor:doctor", "Say what is wrong, and what mends it.", STORE),
    "table": Entry(f"{_COMMANDS}.table:table", "Make the DynamoDB table.", STORE, served=False),
    "move": Entry(f"{_COMMANDS}.move:move", "Copy everything from one store to another.", STORE, False, False),
    "recover": Entry(f"{_COMMANDS}.upkeep:recover", "Save what can be read of a damaged file.", STORE, False, False),
    "login": Entry(f"{_COMMANDS}.login:login", "Sign in at a server.", STORE, stored=False, served=True),
    "logout": Entry(f"{_COMMANDS}.login:logout", "End that.", STORE, stored=False, served=True),
    "signing-key": Entry(
        f"{_COMMANDS}.signing_key:signing_key", "Exchange the key that sign-ins are signed with.", STORE
    ),
    "completion": Entry(
        f"{_COMMANDS}.completion:completion", "Print what makes a shell complete commands.", STORE, False, False
    ),
}
"""Every command, in the order of the help text."""

program = LazyGroup(
    name="tocsin",
    table=TABLE,
    help=(
        "Alerts become incidents, one per problem.\n\n"
        "Start with `demo`, or set DATADOG_API_KEY and DATADOG_APP_KEY and `sync`. Incidents are named by their id: "
        "INC-1042, inc-1042 or 1042."
    ),
    epilog="Exit status: 0 done, 1 a fault of ours, 2 usage or settings, 3 source not (wholly) read, 4 not found, "
    "5 refused, 6 store, 7 a plan has changes, 130 interrupted.",
    params=[
        store_option(),
        server_option(),
        click.Option(
            ["--version"],
            is_flag=True,
            is_eager=True,
            expose_value=False,
            help="Show the version and exit.",
            callback=lambda ctx, _param, wanted: _version(ctx, wanted),
        ),
    ],
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)


def _version(ctx: click.Context, wanted: bool) -> None:
    if wanted and not ctx.resilient_parsing:
        click.echo(f"tocsin {__version__}")
        ctx.exit()
