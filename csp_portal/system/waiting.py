"""Sign-ins that were started in this browser and wait for Microsoft's answer, each under its own state."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any

from django.contrib.sessions.backends.base import SessionBase

SESSION_KEY = "microsoft_sign_ins"
TIME_TO_SIGN_IN = timedelta(minutes=15)
MOST_AT_ONCE = 5  # tabs; the oldest gives way


@dataclass(frozen=True, kw_only=True, slots=True)
class Waiting:
    """`step_up_of` is the person who has to prove who they are; None where somebody signs in."""

    connection: str
    flow: Mapping[str, Any]
    address: str
    until: float  # unix seconds
    step_up_of: int | None


def wait_for(session: SessionBase, waiting: Waiting, *, now: datetime) -> None:
    """Keep it for one answer; what is late goes."""
    kept = {state: one for state, one in _kept(session).items() if one["until"] > now.timestamp()}
    newest = dict(list(kept.items())[-(MOST_AT_ONCE - 1) :])
    session[SESSION_KEY] = {**newest, str(waiting.flow["state"]): asdict(waiting)}


def take(session: SessionBase, state: str, *, now: datetime) -> Waiting | None:
    """The sign-in that this answer is for, which waits no longer; the others go on waiting."""
    kept = _kept(session)
    found = kept.pop(state, None)
    if found is None:
        return None
    session[SESSION_KEY] = kept
    return Waiting(**found) if found["until"] > now.timestamp() else None


def _kept(session: SessionBase) -> dict[str, dict[str, Any]]:
    return dict(session.get(SESSION_KEY, {}))
