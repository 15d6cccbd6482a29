"""Microsoft Teams by a workflow's webhook ("Create incoming webhooks with Workflows"): one Adaptive Card.

Texts of strangers stand in text runs, which know no Markdown ("RichTextBlock"): no link can come from them. The workflow
answers 202 before it posts, and gives no id.
"""

from tocsin.domain.contact import Address
from tocsin.domain.message import Message, Subject, Tells, on_the_web
from tocsin.domain.severity import Severity
from tocsin.services.channel import Receipt

from .answers import taken
from .outbound import Outbound
from .words import JSON, as_json, cut, one_line, word

LONGEST_TEXT = 5_000
"""Characters. A message of more than 28 KB is refused ("Limits and specifications for Microsoft Teams")."""

MOST_ACTIONS = 6

_COLOURS = {
    Severity.CRITICAL: "Attention",
    Severity.HIGH: "Warning",
    Severity.MEDIUM: "Warning",
    Severity.LOW: "Default",
}


class TeamsChannel:
    """Posts to the room that a workflow belongs to."""

    def __init__(self, outbound: Outbound) -> None:
        self._outbound = outbound

    def send(self, message: Message, to: Address) -> Receipt:
        """Post one message. Raises as :class:`~tocsin.services.channel.Channel` says."""
        taken(self._outbound.post(word(to, "url"), as_json(_posted(message)), JSON), "Teams")
        return Receipt()


def _posted(message: Message) -> dict[str, object]:
    heading = cut(one_line(message.subject), 300)
    body = [_run(heading, size="Medium", weight="Bolder", color=_colour(message))]
    if message.text.strip():
        body.append(_run(cut(message.text.strip(), LONGEST_TEXT)))
    actions = [action for one in message.subjects for action in _actions(one, message.tells)]
    card = {
        "$schema": "http://adaptivecards.io/schemas/adaptive-card.json",
        "type": "AdaptiveCard",
        "version": "1.4",
        "body": body,
        "actions": actions[:MOST_ACTIONS],
        "fallbackText": heading,
    }
    attachment = {"contentType": "application/vnd.microsoft.card.adaptive", "contentUrl": None, "content": card}
    return {"type": "message", "attachments": [attachment]}


def _run(text: str, **more: str) -> dict[str, object]:
    return {"type": "RichTextBlock", "inlines": [{"type": "TextRun", "text": text, **more}]}


def _colour(message: Message) -> str:
    if message.tells in {Tells.ALL_CLEAR, Tells.ACKNOWLEDGED} or message.severity is None:
        return "Good"
    return _COLOURS[message.severity]


def _actions(subject: Subject, tells: Tells) -> list[dict[str, str]]:
    links = {subject.id: subject.url, "Runbook": subject.runbook}
    if tells is Tells.PAGE:
        links = {f"Acknowledge {subject.id}": subject.acknowledge, **links}
    return [{"type": "Action.OpenUrl", "title": title, "url": url} for title, url in links.items() if on_the_web(url)]
