"""What pages, the API and files read of customers: how each one is now, searched, filtered and sorted."""

from datetime import datetime, timedelta
from typing import TypeVar

from django.conf import settings
from django.db.models import Case, CharField, F, FilteredRelation, Q, QuerySet, SmallIntegerField, Value, When

from customers.models import Customer, Feed, State

CustomersT = TypeVar("CustomersT", bound=QuerySet[Customer])


def stale_after() -> timedelta:
    """How old a reading may be; an older one says nothing about now."""
    return max(timedelta(seconds=3 * settings.HEALTH_INTERVAL_SECONDS), timedelta(minutes=10))


def is_any_stale(customers: CustomersT, *, now: datetime) -> bool:
    """Whether a current customer's stored health may not be shown any more: only then does `health_now` differ."""
    read_too_early = Q(feeds__read_at__isnull=True) | Q(feeds__read_at__lt=now - stale_after())
    stale = customers.filter(read_too_early, feeds__kind=Feed.Kind.HEALTH)
    return stale.exclude(health=State.UNKNOWN).exists()


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
            When(health_feed__read_at__isnull=True, then=Value(Feed.Problem.NOT_READ.value)),
            When(too_old, then=Value(Feed.Problem.STALE.value)),
            default=Value(""),
            output_field=text,
        ),
    )
