"""A message as Slack shows it (Block Kit). What strangers wrote is plain text there: no mention, no link, no markup.

``&``, ``<`` and ``>`` are what Slack reads as its own ("Formatting text for app surfaces", "Escaping text"); plain-text
objects besides turn neither names nor addresses into links.
"""

from tocsin.domain.message import Message, Subject, Tells, on_the_web

from .words import cut, one_line

LONGEST_TEXT = 2_900
"""Characters of one section's text: 3,000 are allowed ("Text object"), and an entity is not cut in two."""

MOST_SUBJECTS = 10
"""Of a bundle, each with a line of links: a message has at most 50 blocks."""

ACKNOWLEDGE, RESOLVE = "acknowledge", "resolve"
"""What the buttons are called when they come back (``action_id``); their ``value`` is ``INC-1042:2``."""

Block = dict[str, object]


def escaped(text: str) -> str:
    """Return ``text`` as Slack shows it letter by letter."""
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")


def linked(url: str, words: str) -> str:
    """Return a link of ours; nothing without a URL."""
    if not on_the_web(url):
        return ""
    clean = escaped(one_line(url)).replace("|", "%7C").replace(" ", "%20")
    return f"<{clean}|{escaped(words)}>"


def shown(message: Message, *, buttons: bool = False) -> dict[str, object]:
    """Return the fields of a message: its blocks, and a line for where there are no blocks (a phone's lock screen)."""
    line = escaped(cut(one_line(message.subject), 300))
    blocks: list[Block] = [_plain(one_line(message.subject)), *_body(message)]
    for subject in message.subjects[:MOST_SUBJECTS]:
        if links := _links(subject, acknowledge=not buttons and message.tells is Tells.PAGE):
            blocks.append({"type": "context", "elements": [{"type": "mrkdwn", "text": links, "verbatim": True}]})
        if buttons and message.tells is Tells.PAGE and subject.status.active:
            blocks.append(_buttons(subject))
    return {"text": line, "blocks": blocks, "unfurl_links": False, "unfurl_media": False}


def _body(message: Message) -> list[Block]:
    text = message.text.strip()
    return [_plain(text)] if text and text != message.subject.strip() else []


def _plain(text: str) -> Block:
    # Escaping makes it longer, and must not be cut itself.
    said = cut(text, LONGEST_TEXT)
    while len(escaped(said)) > LONGEST_TEXT:
        said = cut(said, len(said) * 3 // 4)
    return {"type": "section", "text": {"type": "plain_text", "text": escaped(said) or "-", "emoji": False}}


def _links(subject: Subject, *, acknowledge: bool) -> str:
    found = (
        linked(subject.url, subject.id),
        linked(subject.acknowledge, "Acknowledge") if acknowledge else "",
        linked(subject.runbook, "Runbook"),
    )
    return "  |  ".join(one for one in found if one)


def _buttons(subject: Subject) -> Block:
    value = f"{subject.id}:{subject.cycle}"
    return {
        "type": "actions",
        "block_id": f"incident:{value}",
        "elements": [
            _button(f"Acknowledge {subject.id}", ACKNOWLEDGE, value) | {"style": "primary"},
            _button("Resolve", RESOLVE, value),
        ],
    }


def _button(words: str, action: str, value: str) -> Block:
    text = {"type": "plain_text", "text": words, "emoji": False}
    return {"type": "button", "text": text, "action_id": action, "value": value}
