"""What people do about their own access: signing in, passwords, recovery, signing up. Nothing is changed by a GET."""

from aws_lambda_powertools.event_handler import Request, Response
from pydantic import Field

from tocsin.domain.user import LONGEST_EMAIL
from tocsin.services.sessions import SignedIn

from .answers import nothing, taken, written
from .bodies import Body
from .call import Call, call_of
from .credentials import CREDENTIALS, LONGEST_PASSWORD, credentials
from .endpoints import Answer, Endpoints
from .sessions import AUTH, LONGEST_TOKEN

NOTHING = {204: Answer(media="")}
TAKEN = {202: Answer(media="")}

accounts = Endpoints("signing in")


def _token() -> str:
    token: str = Field(max_length=LONGEST_TOKEN, repr=False)
    return token


def _password() -> str:
    password: str = Field(
        max_length=LONGEST_PASSWORD,
        repr=False,
        description="12 to 128 characters, whichever, that are not easily guessed.",
    )
    return password


class SetupBody(Body):
    """The first administrator."""

    token: str = _token()
    email: str = Field(max_length=LONGEST_EMAIL)
    full_name: str = Field(max_length=1_000)
    password: str = _password()


class SignUpBody(Body):
    """Somebody who wants an account."""

    email: str = Field(max_length=LONGEST_EMAIL)
    full_name: str = Field(max_length=1_000)
    password: str = _password()


class TokenBody(Body):
    """A token from a letter."""

    token: str = _token()


class ResetBody(Body):
    """A token from a letter, and the password from now on."""

    token: str = _token()
    password: str = _password()


class RecoverBody(Body):
    """Whose password is lost."""

    email: str = Field(max_length=LONGEST_EMAIL)


class PasswordBody(Body):
    """The password until now, and from now on."""

    current: str = Field(max_length=LONGEST_PASSWORD, repr=False)
    new: str = _password()


@accounts("POST", f"{AUTH}/login", answers={200: Answer(SignedIn)}, refuses=[401], takes=CREDENTIALS, keyed=False)
@accounts(
    "POST", f"{AUTH}/login/access-token", answers={200: Answer(SignedIn)}, refuses=[401], takes=CREDENTIALS, keyed=False
)
def login(request: Request) -> Response[str]:
    """Sign in with address and password, as JSON or as the form of OAuth2.

    Whatever is wrong, the answer is the same. Too many attempts are answered 429, and nobody's account is locked.
    """
    call = call_of(request)
    said = credentials(call)
    signing_in = call.parts.accounts().signing_in
    return written(signing_in.sign_in(said.email, said.password, actor=call.actor, agent=_agent(call)))


@accounts("POST", f"{AUTH}/setup", answers=NOTHING, refuses=[401, 409], keyed=False)
def make_first_administrator(request: Request, body: SetupBody) -> Response[str]:
    """Make the first administrator, with the token that the server's terminal showed, as long as there is nobody."""
    call = call_of(request)
    first = call.parts.accounts().first
    first.make(body.token, body.email, body.full_name, body.password, actor=call.actor)
    return nothing()


@accounts("POST", f"{AUTH}/password", answers={200: Answer(SignedIn)}, refuses=[409], keyed=False)
def change_password(request: Request, body: PasswordBody) -> Response[str]:
    """Change one's own password. Every session ends; what is answered is a new one."""
    call = call_of(request)
    signing_in = call.parts.accounts().signing_in
    return written(signing_in.change(call.caller.user_id, body.current, body.new, actor=call.actor, agent=_agent(call)))


@accounts("POST", f"{AUTH}/recover", answers=TAKEN, keyed=False)
def recover(request: Request, body: RecoverBody) -> Response[str]:
    """Have a token sent to an address, that sets a new password.

    The answer is the same whether there is an account.
    """
    call = call_of(request)
    call.parts.accounts().recovery.ask(body.email, actor=call.actor)
    return taken()


@accounts("POST", f"{AUTH}/reset", answers=NOTHING, refuses=[401, 409], keyed=False)
def reset_password(request: Request, body: ResetBody) -> Response[str]:
    """Set a new password with a token that was sent. It works once, within the hour; every session ends."""
    call = call_of(request)
    call.parts.accounts().recovery.reset(body.token, body.password, actor=call.actor)
    return nothing()


@accounts("POST", f"{AUTH}/signup", answers=TAKEN, refuses=[403], keyed=False)
def sign_up(request: Request, body: SignUpBody) -> Response[str]:
    """Ask for an account, where that is open to the domain of the address. A token is sent there.

    The answer is the same whether there is an account.
    """
    call = call_of(request)
    call.parts.accounts().signing_up.ask(body.email, body.full_name, body.password, actor=call.actor)
    return taken()


@accounts("POST", f"{AUTH}/verify", answers=NOTHING, refuses=[401, 403], keyed=False)
def verify_address(request: Request, body: TokenBody) -> Response[str]:
    """Make the account that was asked for, as a viewer, with the token that was sent."""
    call = call_of(request)
    call.parts.accounts().signing_up.verify(body.token, actor=call.actor)
    return nothing()


def _agent(call: Call) -> str:
    return call.headers.get("user-agent", "")
