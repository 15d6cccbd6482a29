"""What falls due beside incidents and their pages: the kinds of records that a tick, or the pager, acts on.

They stand apart from what acts on them, so that whoever tells one kind from another loads none of it.
"""

LETTER = "letter"
"""A letter that is to be sent. It names a ticket; its token is worked out when it is sent."""

CODE = "code"
"""A code that verifies a contact; its id is the contact's."""

SILENCE = "silence"
"""A silence that is not over, or was just now; its id is the silence's. They are few."""

PAST_SILENCE = "silence_past"
"""A silence that is over, and whose incidents were paged; it is due when it is to be forgotten."""

NOTICE = "notice"
"""Something that a person is to be told; due at once."""

SHIFT_NOTICE = "shift_notice"
"""What one person is to be told of shifts that moved; due at once."""

SLACK_REPLY = "slack_reply"
"""An answer to a button of Slack that is to be told."""

WATCH = "watch"
"""A heartbeat that is watched; its id is its name. Due when it is late, or has called again."""
