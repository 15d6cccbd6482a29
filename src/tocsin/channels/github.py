"""Issues on GitHub ("REST API: Issues", version 2022-11-28): one an incident, found again by a mark in its text."""

import json
import re
from urllib.parse import quote

from tocsin.domain.contact import Address
from tocsin.domain.message import Message
from tocsin.errors import Undelivered
from tocsin.services.channel import Receipt

from .answers import fields, taken, text_in
from .outbound import Outbound
from .standing import Standing
from .words import JSON, as_json, cut, header, one_line, word

BASE = "https://api.github.com"
MOST_LOOKED_AT = 100


class GithubChannel:
    """Opens issues; the provider id is the issue's number."""

    def __init__(self, outbound: Outbound, token: str, *, base: str = BASE) -> None:
        self._outbound = outbound
        self._token = token
        self._base = base

    def send(self, message: Message, to: Address) -> Receipt:
        """Open an issue unless there is one for this incident. Raises as :class:`~tocsin.services.channel.Channel` says.

        Two at the very same time could both open one; pages are sent by one pager at a time.
        """
        owner, _, name = word(to, "repository").partition("/")
        issues = f"{self._base}/repos/{quote(owner, safe='')}/{quote(name, safe='')}/issues"
        headers = self._headers()
        outbound = self._outbound.together()
        mark = f"<!-- tocsin: {_mark(message)} -->"
        since = min((one.opened_at for one in message.subjects), default=message.sent_at)
        asked = f"{issues}?state=all&per_page={MOST_LOOKED_AT}&since={since:%Y-%m-%dT%H:%M:%SZ}"
        number = _found(taken(outbound.get(asked, headers), "GitHub").body, mark)
        if number:
            return Receipt(number)
        labels = [one for one in to.get("labels", "").split(",") if one]
        said = {"title": cut(one_line(message.subject), 250), "body": _body(message, mark), "labels": labels}
        answer = fields(taken(outbound.post(issues, as_json(said), headers), "GitHub"))
        return Receipt(text_in(answer, "number"))

    def check(self) -> Standing:
        """Say whom GitHub takes the token for. Raises as :meth:`send` does."""
        found = fields(taken(self._outbound.get(f"{self._base}/user", self._headers()), "GitHub"))
        return Standing(f"GitHub knows the token of {text_in(found, 'login') or 'an app'}")

    def _headers(self) -> dict[str, str]:
        return {
            **JSON,
            "Accept": "application/vnd.github+json",
            "Authorization": header(f"Bearer {self._token}"),
            "User-Agent": "tocsin",
            "X-GitHub-Api-Version": "2022-11-28",
        }


def _mark(message: Message) -> str:
    return ",".join(one.id for one in message.subjects) or message.id


def _body(message: Message, mark: str) -> str:
    """Return the text as a block that GitHub takes literally: no mention, no link, no markup and no mark comes of an alert."""
    text = cut(message.text.replace("```", "'''").replace("<!--", "<! --"), 20_000)
    links = [f"[{one.id}]({one.url})" for one in message.subjects if re.fullmatch(r"https?://[^\s()<>]+", one.url)]
    return "\n".join([f"```text\n{text.rstrip()}\n```", *links, mark])


def _found(body: bytes, mark: str) -> str:
    """Return the number of the issue that bears a mark, among those listed; empty if none does."""
    try:
        listed = json.loads(body)
    except (ValueError, RecursionError):
        listed = None
    if not isinstance(listed, list):
        message = "GitHub answered with something that is no list of issues"
        raise Undelivered(message)
    marked = (one for one in listed if isinstance(one, dict) and mark in str(one.get("body") or ""))
    return next((text_in(one, "number") for one in marked), "")
