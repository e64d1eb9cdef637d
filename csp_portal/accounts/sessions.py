"""The session store: Django's in PostgreSQL, whose rows also say whose session it is and where it was seen."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.http import HttpRequest
from django.utils.dateparse import parse_datetime

from csp_portal.accounts.models import Session, User
from csp_portal.audit.origin import address_of

FACTS = "session_facts"
SEEN_AGAIN_AFTER = timedelta(minutes=1)  # a write per minute of work, not per click


class SessionStore(DatabaseStore):
    @classmethod
    def get_model_class(cls) -> type[Session]:
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        row: Session = super().create_model_instance(data)  # type: ignore[assignment]
        person, facts = data.get(SESSION_KEY), data.get(FACTS)
        row.person_id = int(person) if person else None
        if facts:
            row.address, row.device = facts["address"], facts["device"]
            row.began_at, row.seen_at = parse_datetime(facts["began_at"]), parse_datetime(facts["seen_at"])
        return row


def begin(request: HttpRequest, *, now: datetime) -> None:
    """Note where the session of the person who signed in is used; from now on it ends by itself."""
    request.session[FACTS] = {
        "address": address_of(request),
        "device": request.headers.get("User-Agent", "")[:300],
        "began_at": now.isoformat(),
        "seen_at": now.isoformat(),
    }


def has_ended(session: SessionBase, *, now: datetime) -> bool:
    """Whether nobody was at work for PORTAL_IDLE_MINUTES, or the sign-in is older than SESSION_COOKIE_AGE."""
    facts = session.get(FACTS)
    if facts is None:
        return False
    idle = now - datetime.fromisoformat(facts["seen_at"])
    age = now - datetime.fromisoformat(facts["began_at"])
    return idle > timedelta(minutes=settings.PORTAL_IDLE_MINUTES) or age > timedelta(
        seconds=settings.SESSION_COOKIE_AGE
    )


def see(request: HttpRequest, *, now: datetime) -> None:
    """The person is at work; a page that redraws itself (`X-Background`) is not the person."""
    facts = request.session.get(FACTS)
    if facts is None:
        begin(request, now=now)
    elif "X-Background" not in request.headers and now - datetime.fromisoformat(facts["seen_at"]) > SEEN_AGAIN_AFTER:
        request.session[FACTS] = {**facts, "seen_at": now.isoformat()}


def end_sessions(person: User, *, but: str | None = None) -> int:
    """End the person's sessions at once, all of them or all but the one of this key; says how many."""
    return Session.objects.filter(person=person).exclude(session_key=but or "").delete()[0]
