"""Federated credentials: a token that another issuer keeps fresh in a file proves to Microsoft who we are.

learn.microsoft.com, workload-identity-federation and v2-oauth2-client-creds-grant-flow (third case): the content of the
file is the client assertion; nothing that works elsewhere or for long is stored here.
"""

from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import jwt
from django.conf import settings
from django.utils.translation import gettext as _

AUDIENCE = "api://AzureADTokenExchange"
_MOST_BYTES = 64 * 1024


class FederatedTokenError(ValueError):
    """The token file can't be used; the sentence says why."""


@dataclass(frozen=True, kw_only=True, slots=True)
class TokenFacts:
    """What Entra compares with the federated credential of the app registration."""

    issuer: str
    subject: str
    audience: str
    expires_at: datetime | None


def is_offered() -> bool:
    """Whether this installation has a directory for token files."""
    return bool(settings.PORTAL_FEDERATED_TOKEN_DIR)


def token_path(name: str) -> Path:
    """The file of this name in PORTAL_FEDERATED_TOKEN_DIR; nothing outside of it can be named, by no link either."""
    if not is_offered():
        raise FederatedTokenError(_("PORTAL_FEDERATED_TOKEN_DIR is not set, so no token file can be used."))
    home = Path(settings.PORTAL_FEDERATED_TOKEN_DIR).resolve()
    try:
        path = (home / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise FederatedTokenError(_("This is no name of a file.")) from error
    if home not in path.parents:
        raise FederatedTokenError(_("The token file must lie in %(directory)s.") % {"directory": home})
    return path


def read_token(path: Path) -> str:
    """The token as it is now; its issuer replaces the file long before it expires."""
    try:
        with path.open("rb") as file:
            content = file.read(_MOST_BYTES + 1)
        token = content.decode("ascii").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise FederatedTokenError(_("The token file %(path)s can't be read.") % {"path": path}) from error
    if len(content) > _MOST_BYTES or token.count(".") != 2:
        raise FederatedTokenError(_("The token file %(path)s holds no token (JWT).") % {"path": path})
    return token


def facts_of(token: str) -> TokenFacts:
    """What the token says, unverified: it is Microsoft that decides about it."""
    try:
        claims = jwt.decode(token, options={"verify_signature": False})
    except jwt.InvalidTokenError as error:
        raise FederatedTokenError(_("The token in the file can't be read.")) from error
    ends, audience = claims.get("exp"), claims.get("aud", "")
    return TokenFacts(
        issuer=str(claims.get("iss", "")),
        subject=str(claims.get("sub", "")),
        audience=", ".join(map(str, audience)) if isinstance(audience, list) else str(audience),
        expires_at=datetime.fromtimestamp(ends, UTC) if isinstance(ends, int | float) else None,
    )
