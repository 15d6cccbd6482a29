"""Sessions of whoever asks: prolonged, listed, ended. Signing in itself is elsewhere."""

from aws_lambda_powertools.event_handler import Request, Response
from pydantic import Field

from tocsin.domain.frozen import Utc
from tocsin.domain.session import Session
from tocsin.services.sessions import SignedIn

from .answers import found, nothing, written
from .bodies import Body
from .call import call_of
from .endpoints import PREFIX, Answer, Endpoints
from .views import View

AUTH = f"{PREFIX}/auth"
LONGEST_TOKEN = 300

sessions = Endpoints("signing in")


class RefreshBody(Body):
    """What prolongs a session."""

    refresh_token: str = Field(max_length=LONGEST_TOKEN, repr=False, examples=["tocsin_refresh_..."])


class SessionView(View):
    """One sign-in that goes on."""

    id: str
    how: str = Field(description="How they proved who they are.")
    created_at: Utc
    last_used_at: Utc = Field(description="When it was prolonged last.")
    expires_at: Utc = Field(description="When it ends unless it is prolonged.")
    address: str = Field(description="Where it was prolonged last.")
    agent: str = Field(description="What the program said that it is, when it signed in.")
    current: bool = Field(description="Whether it is the one that asks.")

    @classmethod
    def of(cls, session: Session, *, current: bool) -> "SessionView":
        """Return what is shown of a session."""
        return cls(
            id=session.id,
            how=session.how,
            created_at=session.created_at,
            last_used_at=session.last_used_at,
            expires_at=session.expires_at,
            address=session.address,
            agent=session.agent,
            current=current,
        )


class SessionList(View):
    """Somebody's sessions, the one used last first."""

    sessions: tuple[SessionView, ...]


@sessions("POST", f"{AUTH}/refresh", answers={200: Answer(SignedIn)}, refuses=[401], keyed=False)
def refresh(request: Request, body: RefreshBody) -> Response[str]:
    """Exchange a refresh token for new tokens.

    It is good once: one that comes a second time ends its session, since two hold it. Whatever is wrong is answered
    401, and means to sign in again.
    """
    call = call_of(request)
    return written(call.parts.sessions.refresh(body.refresh_token, actor=call.actor))


@sessions("POST", f"{AUTH}/logout", answers={204: Answer(media="")}, keyed=False)
def logout(request: Request) -> Response[str]:
    """Sign out: end the session that asks."""
    call = call_of(request)
    call.parts.sessions.close(call.caller.user_id, call.caller.session, actor=call.actor)
    return nothing()


@sessions("GET", f"{AUTH}/sessions", answers={200: Answer(SessionList)})
def list_sessions(request: Request) -> Response[str]:
    """List one's own sessions, the one used last first."""
    call = call_of(request)
    mine = call.parts.sessions.every(call.caller.user_id)
    return found(
        SessionList(sessions=tuple(SessionView.of(one, current=one.id == call.caller.session) for one in mine))
    )


@sessions("DELETE", f"{AUTH}/sessions/{{session_id}}", answers={204: Answer(media="")})
def end_session(request: Request, session_id: str) -> Response[str]:
    """End one of one's own sessions. What it looks at it may look at for a minute more; it changes nothing any more."""
    call = call_of(request)
    call.parts.sessions.end(call.caller.user_id, session_id, actor=call.actor)
    return nothing()
