"""Reads the message centers of a batch of customers and says on their feeds how it went."""

from collections import defaultdict
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F

from csp_portal.microsoft.auth import Token
from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError, OverLimit, Throttled
from csp_portal.microsoft.message_center import ServiceMessage, read_messages
from customers.connections import Access
from customers.models import Connection, Feed
from health.hold import hold_back
from health.messages.storing import store_messages
from health.pace import because_of_failure, delay_after_failure, is_set_aside

THREADS = 4
INTERVAL = timedelta(hours=4)


@dataclass(frozen=True, kw_only=True, slots=True)
class MessagesAnswer:
    """What one customer's reading brought: all of its messages, or the error instead."""

    feed: Feed
    messages: tuple[ServiceMessage, ...] = ()
    error: MicrosoftError | None = None


def read_messages_of(claims: Sequence[tuple[int, int]], *, now: datetime) -> int:
    """Read the claimed (feed id, epoch) pairs; returns how many were read well."""
    epochs = dict(claims)
    feeds = Feed.objects.filter(pk__in=epochs).select_related("customer__connection").order_by("pk")
    feeds = feeds.filter(customer__paused_at=None, customer__connection__is_paused=False)
    feeds = feeds.filter(customer__connection__circuit_since=None)
    batches: defaultdict[UUID, list[Feed]] = defaultdict(list)
    for feed in feeds:
        if feed.epoch == epochs[feed.pk] and feed.customer.connection is not None:
            batches[feed.customer.connection.pk].append(feed)
    answers = [answer for batch in batches.values() for answer in _read_batch(batch)]
    store_answers(answers, epochs=epochs, now=now)
    return sum(answer.error is None for answer in answers)


def _read_batch(feeds: list[Feed]) -> list[MessagesAnswer]:
    connection = feeds[0].customer.connection
    assert isinstance(connection, Connection)  # noqa: S101 - read_messages_of groups by it
    try:
        access = Access(connection)
    except AccessDenied as error:
        return [MessagesAnswer(feed=feed, error=error) for feed in feeds]
    access.allowance.book([str(feed.customer.tenant_id) for feed in feeds])
    held = access.tokens_in_hand([str(feed.customer.tenant_id) for feed in feeds])
    try:
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            return list(pool.map(lambda feed: _read_one(feed, access=access, held=held), feeds))
    finally:
        access.keep()


def _read_one(feed: Feed, *, access: Access, held: dict[str, Token]) -> MessagesAnswer:
    tenant_id = str(feed.customer.tenant_id)
    try:
        token = held.get(tenant_id) or access.graph_token(tenant_id)
        return MessagesAnswer(
            feed=feed, messages=read_messages(access.http_at(tenant_id), cloud=access.cloud, token=token.value)
        )
    except MicrosoftError as error:
        if isinstance(error, AccessDenied) and error.cause == Cause.TOKEN_REFUSED:
            access.forget([tenant_id])
        return MessagesAnswer(feed=feed, error=error)


def store_answers(answers: Sequence[MessagesAnswer], *, epochs: dict[int, int], now: datetime) -> None:
    """Write a batch; a feed that somebody else took in the meantime is left to them."""
    with transaction.atomic():
        kept = _store(answers, epochs=epochs, now=now)
    refused = [(one.feed.customer_id, one.error) for one in kept]
    hold_back(
        {
            pk: error.retry_after
            for pk, error in refused
            if isinstance(error, Throttled) and not isinstance(error, OverLimit)
        }
    )


def _store(answers: Sequence[MessagesAnswer], *, epochs: dict[int, int], now: datetime) -> list[MessagesAnswer]:
    ours = Feed.objects.filter(pk__in=epochs, kind=Feed.Kind.MESSAGES).order_by("pk").select_for_update()
    still_ours = {pk for pk, epoch in ours.values_list("pk", "epoch") if epochs[pk] == epoch}
    kept = [answer for answer in answers if answer.feed.pk in still_ours]
    store_messages({one.feed.customer: one.messages for one in kept if one.error is None}, now=now)
    for answer in kept:
        _note(answer, now=now)
    columns = ["due_at", "due_because", "due_about", "tried_at", "read_at", "failures", "problem", "problem_detail"]
    Feed.objects.bulk_update([answer.feed for answer in kept], [*columns, "problem_since", "paused_because"])
    held = Feed.objects.filter(pk__in=[answer.feed.pk for answer in kept], held_until__gt=F("due_at"))
    held.update(due_at=F("held_until"), due_because=Feed.Because.WAIT)
    return kept


def _note(answer: MessagesAnswer, *, now: datetime) -> None:
    feed, error = answer.feed, answer.error
    if isinstance(error, OverLimit):
        feed.due_at, feed.due_because = now + timedelta(seconds=error.retry_after), Feed.Because.LIMIT
        return
    feed.tried_at, feed.due_about = now, ""
    if error is None:
        feed.read_at, feed.failures, feed.problem, feed.problem_detail = now, 0, "", ""
        feed.problem_since, feed.paused_because = None, ""
        feed.due_at, feed.due_because = now + INTERVAL, Feed.Because.INTERVAL
        return
    problem = Feed.Problem.of(error)
    is_throttled = isinstance(error, Throttled)
    feed.failures = min(feed.failures + (not is_throttled), 30_000)
    feed.problem_since = feed.problem_since if feed.problem == problem else now
    feed.problem, feed.problem_detail = problem, error.detail.replace("\x00", "")[:2000]
    feed.paused_because = problem if not is_throttled and is_set_aside(problem, failures=feed.failures) else ""
    wait = delay_after_failure(
        problem, failures=feed.failures, retry_after=error.retry_after if isinstance(error, Throttled) else None
    )
    feed.due_at, feed.due_because = now + timedelta(seconds=wait), because_of_failure(problem, failures=feed.failures)
