"""Where people are reached: one's own ways, and for administrators everybody's. Only oneself verifies one's own."""

from http import HTTPStatus
from urllib.parse import unquote

from aws_lambda_powertools.event_handler import Request, Response

from tocsin.domain.contact import Contact
from tocsin.domain.user import User
from tocsin.services.contact_records import account_of

from .answers import found, nothing, written
from .call import Call, call_of
from .contact_views import CodeBody, CodeView, ContactEdit, ContactList, ContactView, NewContact
from .endpoints import Answer, Endpoints
from .moving import expected, made
from .users import ME
from .users import ONE as USER

MINE = f"{ME}/contacts"
MY_ONE = f"{MINE}/{{contact_id}}"
THEIRS = f"{USER}/contacts"
THEIR_ONE = f"{THEIRS}/{{contact_id}}"

contacts = Endpoints("contacts")


@contacts("GET", MINE, answers={200: Answer(ContactList)})
def list_my_contacts(request: Request) -> Response[str]:
    """List the ways by which you are reached, verified or not."""
    call = call_of(request)
    return _listed(call, _me(call))


@contacts("POST", MINE, answers={201: Answer(ContactView)}, refuses=[409])
def add_my_contact(request: Request, body: NewContact) -> Response[str]:
    """Add a way to reach you. It counts once you have verified it by a code."""
    call = call_of(request)
    return _added(call, _me(call), body)


@contacts("GET", MY_ONE, answers={200: Answer(ContactView)})
def show_my_contact(request: Request, contact_id: str) -> Response[str]:
    """Show one of your contacts, by id or number. What is secret is never shown."""
    call = call_of(request)
    return _shown(call, _me(call), contact_id)


@contacts("PATCH", MY_ONE, answers={200: Answer(ContactView)}, refuses=[409, 412])
def edit_my_contact(request: Request, contact_id: str, body: ContactEdit) -> Response[str]:
    """Change one of your contacts. An address is given whole, and has to be verified anew."""
    call = call_of(request)
    return _edited(call, _me(call), contact_id, body)


@contacts("DELETE", MY_ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_my_contact(request: Request, contact_id: str) -> Response[str]:
    """Delete one of your contacts."""
    call = call_of(request)
    return _deleted(call, _me(call), contact_id)


@contacts("POST", f"{MY_ONE}/code", answers={200: Answer(CodeView, "It is sent within a minute.")}, keyed=False)
def send_code(request: Request, contact_id: str) -> Response[str]:
    """Have a code sent to one of your contacts: three an hour, each in place of the one before."""
    call = call_of(request)
    reach, user = call.parts.reach(), _me(call)
    ends = reach.verification.ask(reach.contacts.own(user, unquote(contact_id)))
    return written(CodeView(good_until=ends))


@contacts("POST", f"{MY_ONE}/verify", answers={200: Answer(ContactView)}, refuses=[409], keyed=False)
def verify_contact(request: Request, contact_id: str, body: CodeBody) -> Response[str]:
    """Verify one of your contacts by the code that came. A code has five tries."""
    call = call_of(request)
    reach, user = call.parts.reach(), _me(call)
    contact = reach.contacts.own(user, unquote(contact_id))
    verified = reach.verification.verify(user, contact, body.code, actor=call.actor)
    return written(ContactView.of(verified), revision=verified.version)


@contacts("GET", THEIRS, answers={200: Answer(ContactList)})
def list_contacts(request: Request, user_id: str) -> Response[str]:
    """List the ways by which a person is reached, by id or e-mail address."""
    call = call_of(request)
    return _listed(call, _user(call, user_id))


@contacts("POST", THEIRS, answers={201: Answer(ContactView)}, refuses=[409])
def add_contact(request: Request, user_id: str, body: NewContact) -> Response[str]:
    """Add a way to reach a person, which they have to verify themselves."""
    call = call_of(request)
    return _added(call, _user(call, user_id), body)


@contacts("GET", THEIR_ONE, answers={200: Answer(ContactView)})
def show_contact(request: Request, user_id: str, contact_id: str) -> Response[str]:
    """Show one of a person's contacts."""
    call = call_of(request)
    return _shown(call, _user(call, user_id), contact_id)


@contacts("PATCH", THEIR_ONE, answers={200: Answer(ContactView)}, refuses=[409, 412])
def edit_contact(request: Request, user_id: str, contact_id: str, body: ContactEdit) -> Response[str]:
    """Change one of a person's contacts."""
    call = call_of(request)
    return _edited(call, _user(call, user_id), contact_id, body)


@contacts("DELETE", THEIR_ONE, answers={204: Answer(media="")}, refuses=[409, 412])
def delete_contact(request: Request, user_id: str, contact_id: str) -> Response[str]:
    """Delete one of a person's contacts."""
    call = call_of(request)
    return _deleted(call, _user(call, user_id), contact_id)


def _me(call: Call) -> User:
    return call.parts.users.named(call.caller.user_id)


def _user(call: Call, user_id: str) -> User:
    return call.parts.users.named(unquote(user_id))


def _own(call: Call, user: User, contact_id: str) -> Contact:
    return call.parts.reach().contacts.own(user, unquote(contact_id))


def _listed(call: Call, user: User) -> Response[str]:
    every = [*account_of(user), *call.parts.reach().contacts.of(user.id)]
    return found(ContactList(contacts=[ContactView.of(one) for one in every]))


def _added(call: Call, user: User, body: NewContact) -> Response[str]:
    return made(
        call,
        lambda also: call.parts.reach().contacts.add(
            user, body.kind, body.address, name=body.name, actor=call.actor, also=also
        ),
        lambda contact: written(
            ContactView.of(contact),
            status=HTTPStatus.CREATED,
            revision=contact.version,
            headers={"Location": f"{call.path}/{contact.id}"},
        ),
    )


def _shown(call: Call, user: User, contact_id: str) -> Response[str]:
    contact = _own(call, user, contact_id)
    return found(ContactView.of(contact), revision=contact.version)


def _edited(call: Call, user: User, contact_id: str, body: ContactEdit) -> Response[str]:
    contact = _own(call, user, contact_id)
    after = call.parts.reach().contacts.edit(
        contact,
        user,
        name=body.name,
        words=body.address,
        active=body.active,
        actor=call.actor,
        expected=expected(call, "this contact", lambda: contact.version),
    )
    return written(ContactView.of(after), revision=after.version)


def _deleted(call: Call, user: User, contact_id: str) -> Response[str]:
    contact = _own(call, user, contact_id)
    version = expected(call, "this contact", lambda: contact.version)
    call.parts.reach().contacts.remove(contact, user, actor=call.actor, expected=version)
    return nothing()
