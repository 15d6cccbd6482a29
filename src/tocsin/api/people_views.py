"""What the API shows of people and teams, and what it takes to change them. Nothing by which anybody signs in."""

from collections.abc import Iterable, Mapping
from typing import Annotated

from pydantic import Field, StrictBool

from tocsin.domain.access import UserRole
from tocsin.domain.frozen import Utc
from tocsin.domain.user import LONGEST_EMAIL, MOST_SERVICES, Profile, Team, User, UserEdit

from .bodies import Body
from .texts import Something
from .views import View

Email = Annotated[Something, Field(max_length=LONGEST_EMAIL, examples=["ana@example.com"])]
Name = Annotated[Something, Field(description="As people call them.", examples=["Ana Ruiz"])]
TimeZone = Annotated[Something, Field(description="IANA's name of it.", examples=["Europe/Berlin"])]
TeamName = Annotated[Something, Field(max_length=200, examples=["Checkout"])]
Services = Annotated[tuple[Something, ...], Field(max_length=MOST_SERVICES, description="What it owns, all of it.")]


class TeamOf(View):
    """A team that somebody is in."""

    id: str
    name: str


class UserView(Profile):
    """A person."""

    teams: tuple[TeamOf, ...] = Field(description="By name.")

    @classmethod
    def of(cls, user: User, teams: Iterable[Team]) -> "UserView":
        """Return what is shown of a person, who is in some of these teams."""
        mine = sorted((one for one in teams if user.id in one.members), key=lambda one: one.name.casefold())
        return cls(**user.profile.model_dump(), teams=tuple(TeamOf(id=one.id, name=one.name) for one in mine))


class UserList(View):
    """Some people."""

    users: list[UserView]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")


class Member(View):
    """A person in a team."""

    id: str
    email: str
    full_name: str
    active: bool


class TeamView(View):
    """A team."""

    id: str
    name: str
    members: tuple[Member, ...] = Field(description="By name; those who were deactivated among them.")
    services: tuple[str, ...]
    created_at: Utc
    created_by: str

    @classmethod
    def of(cls, team: Team, people: Mapping[str, User]) -> "TeamView":
        """Return what is shown of a team; ``people`` are its members, by id."""
        here = sorted((people[one] for one in team.members if one in people), key=lambda one: one.full_name.casefold())
        return cls(
            id=team.id,
            name=team.name,
            members=tuple(
                Member(id=one.id, email=one.email, full_name=one.full_name, active=one.active) for one in here
            ),
            services=team.services,
            created_at=team.created_at,
            created_by=team.created_by,
        )


class TeamList(View):
    """Some teams."""

    teams: list[TeamView]
    cursor: str = Field(description="For what follows; empty at the end. A page may be short, or empty, and have one.")


class NewUser(Body):
    """A person to add. How they sign in is up to them."""

    email: Email
    full_name: Name
    role: UserRole = Field(default=UserRole.VIEWER, description="What they may do.")
    time_zone: TimeZone = "UTC"


class OwnEdit(Body):
    """What is to be different about oneself; what is not named stays as it is."""

    full_name: Name | None = None
    time_zone: TimeZone | None = None

    @property
    def edit(self) -> UserEdit:
        """The same for the service."""
        return UserEdit(**self.model_dump())


class AnyEdit(OwnEdit):
    """What is to be different about a person; what is not named stays as it is."""

    email: Email | None = None
    role: UserRole | None = Field(default=None, description="What they may do.")
    active: StrictBool | None = Field(default=None, description="False ends every session of theirs.")


class NewTeam(Body):
    """A team to make."""

    name: TeamName
    services: Services = ()


class TeamEdit(Body):
    """What is to be different about a team; what is not named stays as it is."""

    name: TeamName | None = None
    services: Services | None = None
