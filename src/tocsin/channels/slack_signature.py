"""Whether a request comes from Slack ("Verifying requests from Slack"): HMAC-SHA256 over ``v0:TIMESTAMP:BODY``."""

import hashlib
import hmac
import re
from datetime import datetime

WINDOW = 300
"""Seconds that a request may be old, or ahead of our clock: what somebody recorded is of no use later."""


def is_from_slack(secret: str, *, timestamp: str, body: bytes, signature: str, now: datetime) -> bool:
    """Say whether Slack signed this very body, lately.

    ``timestamp`` and ``signature`` are the headers ``X-Slack-Request-Timestamp`` and ``X-Slack-Signature``.
    """
    if not secret or not re.fullmatch(r"[0-9]{1,12}", timestamp):
        return False
    if abs(now.timestamp() - int(timestamp)) > WINDOW:
        return False
    digest = hmac.new(secret.encode(), b"v0:" + timestamp.encode() + b":" + body, hashlib.sha256).hexdigest()
    return hmac.compare_digest(f"v0={digest}".encode(), signature.encode("utf-8", "replace"))
