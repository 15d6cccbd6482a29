"""Everything that is served, in the order of the documents."""

from .accounts import accounts
from .alerts import alerts
from .answering import answering
from .audit import audit
from .contacts import contacts
from .documents import documents
from .endpoints import Declared
from .external import external
from .feeds import feeds
from .health import health
from .heartbeats import heartbeats
from .incidents import incidents
from .keys import keys
from .moves import moves
from .notification_rules import notification_rules
from .on_call import on_call
from .page_links import page_links
from .pages import pages
from .policies import policies
from .records import records
from .rooms import rooms
from .schedules import schedules
from .sessions import sessions
from .silences import silences
from .slack import slack
from .sync import sync
from .teams import teams
from .users import users
from .voice import voice
from .webhooks import webhooks

ROUTES: tuple[Declared, ...] = tuple(
    one
    for resource in (
        *(webhooks, alerts, incidents, moves, records, keys, sync, health, documents),
        *(accounts, sessions, external, users, teams, audit),
        *(schedules, on_call, feeds),
        *(contacts, notification_rules, rooms),
        *(silences, heartbeats),
        *(policies,),
        *(pages, page_links, slack, voice),
        *(answering,),
    )
    for one in resource.declared
)
