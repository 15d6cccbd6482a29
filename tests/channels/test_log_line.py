"""The channel that only logs."""

import logging

from tests.messages import page
from tocsin.channels.log_line import LogChannel


def test_a_message_is_one_line_of_the_log(caplog):
    """At the level at which a program logs that is told nothing else; nothing in it begins another line."""
    caplog.set_level(logging.WARNING)
    receipt = LogChannel().send(page(subject="down\nerror: made up\x1b[31m"), {"name": "ops\nroom"})
    (record,) = caplog.records
    assert record.getMessage() == "page for ops room: down error: made up [31m"
    assert receipt.provider_id == page().id
    LogChannel().send(page(), {})
    assert "for the log" in caplog.text
