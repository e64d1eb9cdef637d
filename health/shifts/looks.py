"""Since when a hand-over tells: the last visit of the person, or what they choose."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import BooleanField, Case, QuerySet, Value, When
from django.http import QueryDict

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from health.history import moment_of
from health.models import ShiftLook, Takeover

ONE_VISIT = timedelta(minutes=30)
NOTED_EVERY = timedelta(minutes=1)
FIRST_TIME = timedelta(hours=24)
LONGEST = timedelta(days=31)
TAKEOVERS_SHOWN = 20


@dataclass(frozen=True, kw_only=True, slots=True)
class Since:
    """`choice` is visit, 8h, 24h or own."""

    choice: str
    at: datetime


def note_look(user: User, *, now: datetime) -> datetime:
    """Note this look, and say when the visit before it was; for who was never here, a day ago."""
    look, is_new = ShiftLook.objects.get_or_create(person=user, defaults={"looked_at": now})
    if is_new:
        return now - FIRST_TIME
    if now - look.looked_at > ONE_VISIT:
        look.before_at = look.looked_at
    if now - look.looked_at >= NOTED_EVERY:
        look.looked_at = now
        look.save(update_fields=["looked_at", "before_at"])
    return look.before_at or now - FIRST_TIME


def since_of(query: QueryDict, *, last_visit: datetime, now: datetime) -> Since:
    """What the address asks for; nonsense is the last visit, and nothing reaches back further than LONGEST."""
    choice = query.get("since", "")
    hours = {"8h": timedelta(hours=8), "24h": timedelta(hours=24)}
    if choice in hours:
        return Since(choice=choice, at=now - hours[choice])
    own = moment_of(query.get("at", ""), latest=now) if choice == "own" else None
    if own is not None:
        return Since(choice="own", at=max(own, now - LONGEST))
    return Since(choice="visit", at=max(last_visit, now - LONGEST))


def newest_takeovers(user: User) -> QuerySet[Takeover]:
    """Who took over when; notes may name any customer, so that others' are for who sees all of them (`is_readable`)."""
    is_open = Value(user.sees == User.Sees.ALL, output_field=BooleanField())
    rows = Takeover.objects.select_related("person").order_by("-at", "-id")
    return rows.annotate(is_readable=Case(When(person=user, then=Value(True)), default=is_open))[:TAKEOVERS_SHOWN]


@transaction.atomic
def take_over(user: User, *, note: str, now: datetime) -> Takeover:
    taken = Takeover.objects.create(person=user, at=now, note=note)
    record(Action.SHIFT_TAKEN_OVER, by=user, about=taken, after={"note": note})
    return taken
