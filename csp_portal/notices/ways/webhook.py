"""Alerts for programs: JSON with a version, signed as standardwebhooks.com says, so that libraries can verify it."""

import base64
import hashlib
import hmac
import secrets
from typing import Any

from csp_portal.notices.letter import Letter

SCHEMA_VERSION = 1
PREFIX = "whsec_"


def body_of(letter: Letter) -> dict[str, Any]:
    """The same bytes at each try and each replay."""
    events = [
        {"deliveryId": str(pk), **content, "link": letter.link(content)}
        for pk, content in zip(letter.deliveries, letter.contents, strict=True)
    ]
    return {"schemaVersion": SCHEMA_VERSION, "deliveryId": letter.id, "events": events}


def new_signing_key() -> str:
    return PREFIX + base64.b64encode(secrets.token_bytes(32)).decode()


def signature_headers(body: bytes, *, letter_id: str, signing_key: str, at: int) -> dict[str, str]:
    """`at` in seconds since 1970: a receiver refuses what is older than five minutes, and an id that it has seen."""
    key = base64.b64decode(signing_key.removeprefix(PREFIX))
    digest = hmac.new(key, f"{letter_id}.{at}.".encode() + body, hashlib.sha256).digest()
    return {
        "webhook-id": letter_id,
        "webhook-timestamp": str(at),
        "webhook-signature": f"v1,{base64.b64encode(digest).decode()}",
    }
