"""Everything that is served, in the order of the documents."""

from .accounts import accounts
from .answering import answering
from .audit import audit
from .contacts import contacts
from .documents import documents
from .endpoints import Declared
from .external import external
from .feeds import feeds
from .first_routes import FIRST
from .keys import keys
from .notification_rules import notification_rules
from .on_call import on_call
from .page_links import page_links
from .pages import pages
from .policies import policies
from .rooms import rooms
from .schedules import schedules
from .sessions import sessions
from .silences import silences
from .slack import slack
from .sync import sync
from .teams import teams
from .templates import templates
from .users import users
from .voice import voice

ROUTES: tuple[Declared, ...] = (
    *FIRST,
    *(
        one
        for resource in (
            *(keys, sync, documents),
            *(accounts, sessions, external, users, teams, audit),
            *(schedules, on_call, feeds),
            *(contacts, notification_rules, rooms),
            *(silences, policies, templates),
            *(pages, page_links, slack, voice),
            *(answering,),
        )
        for one in resource.declared
    ),
)
