"""A score: what happens when, and who hears of it. Nothing else may be heard.

    score = Score(store)
    score.person("ana", "email").person("bo", "sms")
    score.policy(steps=[("ana", 0), ("bo", 5)])
    score.at("02:00").alert("db-cpu", severity="critical")
    score.at("02:00").expect_page("ana", via="email", step=1)
    score.at("02:05").expect_page("bo", via="sms", step=2)
    score.at("02:06").acknowledge("bo")
    score.until("04:00")

A minute is a round of the pager: at 02:05 it runs after everything that the score says of 02:05, and before whatever the
score expects then.
"""

from datetime import UTC, datetime, timedelta
from itertools import count

from tests.desk import NOON, fires, is_over
from tests.paging.town import Phones, Town
from tocsin.domain.alert import Push, Source
from tocsin.domain.message import Tells
from tocsin.domain.policy import policy_of
from tocsin.domain.rules import Rules
from tocsin.services.incidents import IncidentService
from tocsin.services.ingest import ingest
from tocsin.services.paging.desk import every_page
from tocsin.services.paging.rounds import Pager

MIDNIGHT = datetime(2026, 3, 2, tzinfo=UTC)
MINUTE = timedelta(minutes=1)


class Watched:
    """A store that knows when it has something due, so that a night without anything takes no time."""

    def __init__(self, store):
        self._store = store
        self._due = {}

    def __getattr__(self, name):
        return getattr(self._store, name)

    def commit(self, change):
        """Write a change."""
        self._store.commit(change)
        self._note(change)

    def commit_many(self, changes):
        """Write changes."""
        outcomes = self._store.commit_many(changes)
        for change, outcome in zip(changes, outcomes, strict=True):
            if outcome is None:
                self._note(change)
        return outcomes

    def has_due(self, moment):
        """Say whether something is due by then."""
        return any(due <= moment for due in self._due.values())

    def _note(self, change):
        for write in change.records:
            self._due.pop((write.kind, write.id), None)
            if write.record is not None and write.record.due_at is not None:
                self._due[write.kind, write.id] = write.record.due_at


class Score:
    """One night."""

    def __init__(self, store, *, rules=None, without=()):
        self.store = store = Watched(store)
        self.now = MIDNIGHT
        self.town = Town()
        self.phones = Phones()
        self._ids = count(1)
        self._without = without
        self.rules = rules or Rules()
        self.service = IncidentService(store, rules=self.rules, clock=lambda: self.now, new_id=self.new_id)
        self.pager = self.another_pager()
        self._expected = set()
        self._played = MIDNIGHT - MINUTE

    def new_id(self):
        return f"c{next(self._ids)}"

    def another_pager(self, store=None, phones=None):
        """Return a pager as another process would have one."""
        return Pager(
            store or self.store,
            self.town,
            phones.channels() if phones else self.phones.channels(*self._without),
            clock=lambda: self.now,
            new_id=self.new_id,
            timer=lambda: 0.0,
            jitter=lambda: 1.0,
            at_once=1,
        )

    # What there is.

    def person(self, name, *ways):
        """Let somebody be reached over these channels."""
        self.town.person(name, *ways)
        return self

    def policy(self, *, steps, name="P", conditions=None, **more):
        """Save a policy whose steps are (target, minutes) or (target, minutes, channel, ...)."""
        said = [
            {
                "delay_minutes": minutes,
                "actions": [
                    {
                        "type": "notify",
                        "target": target if ":" in target or target in _ALONE else f"user:{target}",
                        "channels": channels,
                    }
                ],
            }
            if isinstance(target, str)
            else {"delay_minutes": minutes, "actions": list(target)}
            for target, minutes, *channels in steps
        ]
        document = {"id": f"p-{name}", "name": name, "steps": said, **more}
        if conditions is not None:
            document["conditions"] = conditions
        else:
            document["id"] = "default"
        self.town.saved.append(policy_of(document))
        return self

    # What happens.

    def at(self, clock):
        """Let time pass until then: a round a minute. Whatever is heard meanwhile is one too many."""
        moment = self._moment(clock)
        while self._played + MINUTE < moment:
            self.now = self._played + MINUTE
            if self.store.has_due(self.now):
                self._play()
                self._nothing_more()
            self._played = self.now
        self.now = max(moment, self.now)
        return self

    def alert(self, name="db-cpu", *, severity="critical", **more):
        """Let an alert fire."""
        ingest(
            self.store,
            Push(Source.GENERIC, self.now, (fires(name, self._minutes(), severity_word=severity, **more),)),
            self.rules,
            clock=lambda: self.now,
            new_id=self.new_id,
        )
        return self

    def over(self, name="db-cpu", **more):
        """Let an alert recover."""
        ingest(
            self.store,
            Push(Source.GENERIC, self.now, (is_over(name, self._minutes(), **more),)),
            self.rules,
            clock=lambda: self.now,
            new_id=self.new_id,
        )
        return self

    def acknowledge(self, who, incident="INC-1001"):
        self.service.acknowledge(incident, by=who)
        return self

    def resolve(self, who, incident="INC-1001"):
        self.service.resolve(incident, by=who)
        return self

    def do(self, deed):
        """Do something else, at this moment."""
        deed(self)
        return self

    # What is heard.

    def expect_page(self, who, *, via, step=None, incident=None, tells=Tells.PAGE, says=""):
        """Expect that somebody hears of it now, and take that off what was heard."""
        self._play()
        for number, (name, channel, message) in enumerate(self.phones.sent):
            if number in self._expected or (name, channel) != (who, via) or message.tells is not tells:
                continue
            assert says in message.subject + message.text, message.text
            assert incident is None or incident in {one.id for one in message.subjects}
            pages = [page for _, page in every_page(self.store, "") if page.bundle == message.id]
            assert step is None or step in {page.step for page in pages}, pages
            self._expected.add(number)
            return self
        raise AssertionError(f"{self._clock()}: nobody paged {who} via {via}; heard was {self._unexpected()}")

    def expect_all_clear(self, who, *, via, **more):
        """Expect that somebody hears that it is over."""
        return self.expect_page(who, via=via, tells=Tells.ALL_CLEAR, **more)

    def expect_nothing(self):
        """Expect that nobody hears anything now."""
        self._play()
        self._nothing_more()
        return self

    def expect_nothing_but(self, repository, *, via):
        """Expect what goes to no contact: an issue in a repository."""
        self._play()
        ((number, (_, channel, _)),) = enumerate(self.phones.sent)
        assert (self.phones.addresses[number]["repository"], channel) == (repository, via)
        self._expected.add(number)
        return self

    def until(self, clock):
        """Let time pass until then, and nothing else be heard."""
        return self.at(clock).expect_nothing()

    def page(self, who, via, *, step=1):
        """Return what became of one page."""
        found = [
            page for _, page in every_page(self.store, "") if (page.user, page.channel, page.step) == (who, via, step)
        ]
        assert found, f"there is no page for {who} via {via}"
        return found[-1]

    def events(self, kind, incident="INC-1001"):
        """Return the texts of the timeline's events of one kind."""
        return [event.text for event in self.store.timeline(incident) if event.kind == kind]

    def _play(self):
        self._played = self.now
        self.service.tick()
        report = self.pager.round()
        assert report.left == 0

    def _nothing_more(self):
        assert not self._unexpected(), f"{self._clock()}: nobody expected {self._unexpected()}"

    def _unexpected(self):
        return [
            f"{message.tells} to {name} via {channel}: {message.subject}"
            for number, (name, channel, message) in enumerate(self.phones.sent)
            if number not in self._expected
        ]

    def _moment(self, clock):
        day, _, clock = clock.rpartition(" ")
        hours, minutes = clock.split(":")
        return MIDNIGHT + timedelta(days=int(day or 0), hours=int(hours), minutes=int(minutes))

    def _clock(self):
        return f"{self.now:%H:%M}"

    def _minutes(self):
        """Return how the alerts of a desk say when it is now."""
        return (self.now - NOON) / MINUTE


_ALONE = ("on_call", "assignees", "admins")
