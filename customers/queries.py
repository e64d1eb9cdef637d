"""What pages, the API and files read of customers: how each one is now, searched, filtered and sorted."""

from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db.models import Case, CharField, F, FilteredRelation, Q, QuerySet, SmallIntegerField, Value, When

from customers.models import Customer, Feed, State
from customers.models.feed import FeedQuerySet

CustomersT = TypeVar("CustomersT", bound=QuerySet[Customer])
LATE_MOST = 2000


def stale_after() -> timedelta:
    """How old a reading may be; an older one says nothing about now."""
    return max(timedelta(seconds=3 * settings.HEALTH_INTERVAL_SECONDS), timedelta(minutes=10))


def late_readings(*, now: datetime) -> FeedQuerySet:
    """Health feeds whose last reading is too old: those customers are unknown now; of others the stored health is true.

    A scan of this small table is quicker than a join of all customers; an index would cost each reading dearly (Feed).
    """
    read_too_early = Q(read_at__isnull=True) | Q(read_at__lt=now - stale_after())
    return Feed.objects.filter(read_too_early, kind=Feed.Kind.HEALTH).order_by()


def ids_of_late(*, now: datetime) -> list[int] | None:
    """The customers of `late_readings`; None where there are more than LATE_MOST, as after an outage."""
    found = list(late_readings(now=now).values_list("customer", flat=True)[: LATE_MOST + 1])
    return found if len(found) <= LATE_MOST else None


def with_health_at(customers: CustomersT, *, now: datetime) -> CustomersT:
    """Annotate `health_now` (State), `unknown_now` (Feed.Problem or "") and `health_read_at` by what is known now.

    The stored roll-up is as old as the last reading. Where that is older than `stale_after()` or there was none, the
    customer is unknown here, so that nothing looks healthy while no worker runs. A reading that is too old comes with
    the problem that kept us from a newer one, where there was one.
    """
    too_old = Q(health_feed__read_at__isnull=True) | Q(health_feed__read_at__lt=now - stale_after())
    text = CharField()
    return customers.alias(
        health_feed=FilteredRelation("feeds", condition=Q(feeds__kind=Feed.Kind.HEALTH)),
    ).annotate(
        health_read_at=F("health_feed__read_at"),
        health_now=Case(
            When(too_old, then=Value(State.UNKNOWN.value)), default=F("health"), output_field=SmallIntegerField()
        ),
        unknown_now=Case(
            When(~too_old & ~Q(health=State.UNKNOWN), then=Value("")),
            When(connection__isnull=True, then=Value(Feed.Problem.NO_CONNECTION.value)),
            When(Q(health=State.UNKNOWN) & ~Q(unknown_because=""), then=F("unknown_because")),
            When(
                too_old & (Q(connection__is_paused=True) | Q(paused_at__isnull=False)),
                then=Value(Feed.Problem.PAUSED.value),
            ),
            When(health_feed__read_at__isnull=True, then=Value(Feed.Problem.NOT_READ.value)),
            When(too_old, then=Value(Feed.Problem.STALE.value)),
            default=Value(""),
            output_field=text,
        ),
    )
