"""Who calls a page: the Standard Webhooks signature, version 1: HMAC-SHA256 over id, time and body.

Knows no jobs.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
import time
from collections.abc import Mapping, Sequence

from .errors import invalid

#: How old or new a signature may be, in seconds: what Standard Webhooks recommends.
TOLERANCE = 300


def is_signed(
    secrets: str | Sequence[str], headers: Mapping[str, str], body: bytes, *, now: float | None = None
) -> bool:
    """Whether one of the secrets signed this body, at most five minutes from ``now``.

    Args:
        secrets: ``whsec_`` and base64; several while one is replaced by another. INVALID_ARGUMENT for anything else.
        headers: Of the request, with names in lower case.
        body: As it came, before anything reads it as JSON.
        now: Seconds since 1970. Default: the clock's.
    """
    keys = [_key_of(secret) for secret in ([secrets] if isinstance(secrets, str) else secrets)]
    message_id, seconds = headers.get("webhook-id"), headers.get("webhook-timestamp", "")
    if message_id is None or not re.fullmatch(r"[0-9]{1,15}", seconds):
        return False
    if abs((time.time() if now is None else now) - int(seconds)) > TOLERANCE:
        return False
    signed = f"{message_id}.{seconds}.".encode() + body
    expected = [b"v1," + base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest()) for key in keys]
    given = headers.get("webhook-signature", "").encode().split(b" ")
    return any(hmac.compare_digest(one, other) for one in expected for other in given)


def _key_of(secret: str) -> bytes:
    try:
        text = secret.removeprefix("whsec_")
        key = base64.b64decode(text + "=" * (-len(text) % 4), validate=True) if text != secret else b""
    except (binascii.Error, ValueError):
        key = b""
    if not key:
        raise invalid("secret", "must be whsec_ and base64")
    return key
