"""The stored capability matrix: rows that become due, reckoned in bulk."""

from collections.abc import Iterable
from datetime import datetime, time, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Q, QuerySet
from django.db.models.functions import Now

from customers.gdap.facts import Facts, Person
from customers.gdap.gather import IN_DOUBT, SHUT_OUT, facts_of
from customers.gdap.reckon import Cause, Cell, Color, cell_of, cells_of
from customers.models import AccessAssignment, Connection, Customer, Feed, Reckoning, SecurityGroup

BATCH = 500
AGAIN_AFTER = timedelta(hours=1)
_NIGHT = time(1, 0)  # UTC
_SPREAD_SECONDS = 7200


def mark_due(customers: Iterable[int] | QuerySet[Any]) -> int:
    """Something behind the cells of these customers has changed; in the transaction of the change.

    Waits for a reckoning that is at work on such a row: it may not have seen the change.
    """
    with transaction.atomic():
        rows = Reckoning.objects.filter(customer__in=customers).order_by("pk").select_for_update(of=("self",))
        return Reckoning.objects.filter(pk__in=list(rows.values_list("pk", flat=True))).update(due_at=Now())


def mark_group_due(group: SecurityGroup) -> int:
    """The same where somebody entered or left a group, or it was deleted."""
    held = AccessAssignment.objects.filter(
        group_id=group.group_id, relationship__connection=group.connection_id, gone_at__isnull=True
    )
    return mark_due(Customer.objects.filter(pk__in=held.values("relationship__customer")))


def add_missing() -> int:
    """Give each customer that has none its row, due at once; returns how many there were."""
    ids = Customer.objects.filter(reckoning__isnull=True, gone_at__isnull=True).values_list("pk", flat=True)
    new = [Reckoning(customer_id=pk) for pk in ids[: 20 * BATCH]]
    Reckoning.objects.bulk_create(new, ignore_conflicts=True, batch_size=BATCH)
    return len(new)


def mark_consents() -> int:
    """Where the readings of service health show otherwise than is stored whether our application is let in."""
    shut_out = Q(problem__in=SHUT_OUT) | Q(paused_because__in=SHUT_OUT)
    refused = shut_out | Q(problem__in=IN_DOUBT) | Q(paused_because__in=IN_DOUBT)
    is_news = Q(problem_since__gt=F("customer__reckoning__reckoned_at"))
    stored = "customer__reckoning__cells__contains"
    # elsewhere it may be a list of relationships that is lacking, which no reading of health mends
    is_worth_it = Q(customer__connection__auth_model=Connection.AuthModel.APP_ONLY) | Q(
        customer__reckoning__reckoned_at__lt=Now() - AGAIN_AFTER
    )
    found = Feed.objects.filter(
        (refused & is_news)
        | (~shut_out & Q(**{stored: [f"READ_HEALTH:{Cause.CONSENT_MISSING}"]}))
        | Q(
            is_worth_it,
            read_at__isnull=False,
            problem="",
            paused_because="",
            **{stored: [f"READ_HEALTH:{Cause.NOT_READ}"]},
        ),
        kind=Feed.Kind.HEALTH,
    )
    ids = list(found.values_list("customer", flat=True))
    return mark_due(ids) if ids else 0


@transaction.atomic
def reckon_due(*, now: datetime, limit: int = BATCH) -> int:
    """Take up to `limit` due rows, reckon them and say when they are due again; returns how many there were."""
    due = Reckoning.objects.select_for_update(skip_locked=True, of=("self",)).filter(due_at__lte=Now())
    ids = list(due.order_by("due_at").values_list("pk", flat=True)[:limit])
    store(facts_of(ids, now=now).values(), now=now)
    return len(ids)


def reckon_at_once(customers: Iterable[int], *, now: datetime) -> None:
    """The same for these customers, whether due or not."""
    store(facts_of(customers, now=now).values(), now=now)


def store(facts: Iterable[Facts], *, now: datetime) -> None:
    rows = sorted((_row(one, now=now) for one in facts), key=lambda row: row.customer_id)
    columns = ["cells", "causes", "ways", "reds", "ambers", "due_at", "reckoned_at"]
    Reckoning.objects.bulk_create(
        rows, update_conflicts=True, unique_fields=["customer"], update_fields=columns, batch_size=BATCH
    )


def _row(facts: Facts, *, now: datetime) -> Reckoning:
    cells = cells_of(facts, now=now)
    return Reckoning(
        customer_id=facts.customer,
        cells=[f"{cell.job.key}:{cell.cause or ''}" for cell in cells],
        causes=sorted({str(cell.cause) for cell in cells if cell.cause is not None}),
        ways=sorted(_ways(facts, cells, now=now)),
        reds=sum(cell.color == Color.RED for cell in cells),
        ambers=sum(cell.color == Color.AMBER for cell in cells),
        due_at=_due_again(facts, now=now),
        reckoned_at=now,
    )


def _ways(facts: Facts, cells: Iterable[Cell], *, now: datetime) -> Iterable[str]:
    """Through which groups each job is possible: who is in one of them can do it."""
    groups = {held.group for grant in facts.grants for held in grant.assignments or () if held.group.pk is not None}
    possible = [cell.job for cell in cells if cell.color == Color.GREEN]
    for group in groups:
        member = Person(group_ids={facts.connection: frozenset({group.group_id})}) if facts.connection else None
        for job in possible:
            if not job.takes_consent and cell_of(job, facts=facts, now=now, person=member).color == Color.GREEN:
                yield f"{job.key}:{group.pk}"


def _due_again(facts: Facts, *, now: datetime) -> datetime:
    """At night, or as soon as one of its relationships ends; nights are spread, so that not all come at one moment."""
    ends = [grant.ends_at for grant in facts.grants if grant.is_usable(now) and grant.ends_at is not None]
    tonight = datetime.combine(now.date(), _NIGHT, tzinfo=now.tzinfo) + timedelta(
        seconds=facts.customer % _SPREAD_SECONDS
    )
    night = tonight if tonight > now else tonight + timedelta(days=1)
    return min([night, *(end for end in ends if end > now)])


def stored_cause(row: Reckoning, job: str) -> Cause | None:
    """What is stored of a job; one that was not reckoned yet is not known."""
    for cell in row.cells:
        name, _colon, cause = cell.partition(":")
        if name == job:
            return Cause(cause) if cause else None
    return Cause.NOT_READ
