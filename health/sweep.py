"""Takes feeds that are due and hands them out in batches; PostgreSQL is the queue, a message only a wake-up call."""

from collections.abc import Callable, Iterator, Sequence
from datetime import timedelta
from typing import TypeVar
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.db.models import F, QuerySet
from django.db.models.functions import Now

from customers.models import Connection, Feed
from health.poll import Claim

# Longer than a poll may run (CELERY_TASK_TIME_LIMIT), so that a feed comes due again only when its worker is dead.
LEASE = timedelta(minutes=6)
BATCHES_PER_CLAIM = 10
FEEDS_PER_SWEEP = 20_000
ItemT = TypeVar("ItemT")


def sweep_due_feeds(publish: Callable[[list[Claim]], object], *, at_most: int = FEEDS_PER_SWEEP) -> int:
    """Publish every feed whose health is due, in batches; returns how many feeds were taken."""
    for probe in claim_probes(lease=LEASE):
        publish([probe])
    taken = 0
    while taken < at_most:
        limit = min(settings.POLL_BATCH_SIZE * BATCHES_PER_CLAIM, at_most - taken)
        claims = Feed.objects.claim_due(Feed.Kind.HEALTH, limit=limit, lease=LEASE)
        for batch in in_batches(claims):
            publish(batch)
        taken += len(claims)
        if len(claims) < limit:
            break
    return taken


def claim_probes(*, lease: timedelta) -> list[Claim]:
    """One feed of each connection whose circuit is open and whose time for a try has come."""
    with transaction.atomic():
        open_ones = Connection.objects.filter(circuit_until__lte=Now(), circuit_since__isnull=False, is_paused=False)
        ids = list(open_ones.select_for_update(skip_locked=True).order_by("pk").values_list("pk", flat=True))
        if ids:
            Connection.objects.filter(pk__in=ids).update(circuit_until=Now() + lease)
    return [claim for pk in ids for claim in _probe_of(pk, lease=lease)]


def _probe_of(connection_id: UUID, *, lease: timedelta) -> list[Claim]:
    """A customer that was read well before, where there is one: another's refusal would tell nothing."""
    theirs = Feed.objects.filter(kind=Feed.Kind.HEALTH, customer__connection=connection_id, customer__gone_at=None)
    theirs = theirs.filter(customer__paused_at=None).exclude(
        customer__in=Feed.objects.told_to_wait().values("customer")
    )
    best = theirs.order_by("paused_because", F("read_at").desc(nulls_last=True), "pk").values_list("pk", flat=True)
    return claim_now(Feed.objects.filter(pk__in=list(best[:1])), lease=lease, because=Feed.Because.PROBE)


def claim_now(
    feeds: QuerySet[Feed], *, lease: timedelta = LEASE, because: Feed.Because = Feed.Because.ASKED
) -> list[Claim]:
    """Take these feeds whether they are due or not, except those that Microsoft asked us to leave alone for a while."""
    with transaction.atomic():
        rows = (
            feeds.filter(kind=Feed.Kind.HEALTH, customer__gone_at__isnull=True)
            .filter(customer__paused_at__isnull=True, customer__connection__is_paused=False)
            .exclude(customer__in=Feed.objects.told_to_wait().values("customer"))
            .select_for_update(skip_locked=True, of=("self",))
            .order_by("pk")
            .values_list("pk", "epoch")
        )
        claims = [(pk, epoch + 1) for pk, epoch in rows]
        Feed.objects.filter(pk__in=[pk for pk, _ in claims]).update(
            due_at=Now() + lease, epoch=F("epoch") + 1, due_because=because, due_about=""
        )
    return claims


def claim_in_batches(feeds: QuerySet[Feed]) -> Iterator[list[Claim]]:
    """`claim_now` a batch at a time, each when the one before it is read: no lease ends while its batch waits."""
    ids = list(feeds.filter(kind=Feed.Kind.HEALTH).order_by("pk").values_list("pk", flat=True))
    for batch in in_batches(ids):
        if claims := claim_now(feeds.filter(pk__in=batch)):
            yield claims


def in_batches(items: Sequence[ItemT]) -> Iterator[list[ItemT]]:
    """Batches of near enough the same size, so that no message carries a mere handful where others are full."""
    if not items:
        return
    count = -(-len(items) // settings.POLL_BATCH_SIZE)
    size = -(-len(items) // count)
    for start in range(0, len(items), size):
        yield list(items[start : start + size])
