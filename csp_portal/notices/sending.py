"""Sends what is due: each target is taken as a whole by one worker, asked by a thread of its own, and let go again.

A target that hangs or fails is held for a while, longer each time; it costs no other target a second.
"""

import random
import time
from collections import defaultdict
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from django.conf import settings
from django.db import connection, transaction

from csp_portal.notices.letter import Letter, Outcome, letters_of
from csp_portal.notices.models import Delivery, Target
from csp_portal.notices.ways.post import send
from csp_portal.outgoing import Outgoing
from csp_portal.secrets import SecretError

THREADS = 8
MOST_TARGETS = 16
MOST_DELIVERIES = 50  # of a target in one go; digests among them are one letter
TARGET_SECONDS = 40.0  # after that no further letter is begun
LEASE = timedelta(minutes=4)  # longer than Celery lets a task run (CELERY_TASK_SOFT_TIME_LIMIT)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=30), timedelta(minutes=30)

_TAKE = """
    UPDATE notices_target SET held_until = %(until)s, epoch = epoch + 1
    WHERE id IN (
        SELECT target.id FROM notices_target target
        WHERE target.is_enabled AND (target.held_until IS NULL OR target.held_until <= %(now)s)
          AND EXISTS (
              SELECT 1 FROM notices_delivery delivery
              WHERE delivery.target_id = target.id AND delivery.state = 'WAITING' AND delivery.due_at <= %(now)s
          )
        ORDER BY target.held_until NULLS FIRST LIMIT %(most)s FOR UPDATE SKIP LOCKED
    ) RETURNING id, epoch
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Claim:
    target_id: UUID
    epoch: int


def send_due(*, now: datetime, client: Outgoing | None = None) -> int:
    """Send what is due to the targets that are free; returns how many letters were sent."""
    sent, began, way_out = 0, time.monotonic(), client or Outgoing()
    with ThreadPoolExecutor(THREADS, thread_name_prefix="notices") as pool:
        running = {
            pool.submit(_send_all, letters, client=way_out, began=began): claim
            for claim, letters in _letters(take_targets(now=now), now=now)
        }
        for future in as_completed(running):
            outcomes = future.result()
            finish(running[future], outcomes, now=now)
            sent += sum(outcome.is_sent for outcome in outcomes)
    return sent


def take_targets(*, now: datetime) -> list[Claim]:
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(_TAKE, {"now": now, "until": now + LEASE, "most": MOST_TARGETS})
        return [Claim(target_id=pk, epoch=epoch) for pk, epoch in cursor.fetchall()]


def _letters(claims: Sequence[Claim], *, now: datetime) -> list[tuple[Claim, list[Letter]]]:
    targets = Target.objects.in_bulk([claim.target_id for claim in claims])
    found = []
    for claim in claims:
        target = targets[claim.target_id]
        due = target.deliveries.filter(state=Delivery.State.WAITING, due_at__lte=now)
        deliveries = list(due.order_by("due_at", "made_at", "id")[:MOST_DELIVERIES])
        try:
            found.append((claim, letters_of(target, deliveries)))
        except SecretError as error:  # a bulkhead: the other targets are told
            everything = [delivery.pk for delivery in deliveries]
            finish(claim, [Outcome(deliveries=everything, is_sent=False, answer=str(error)[:500])], now=now)
    return found


def _send_all(letters: Iterable[Letter], *, client: Outgoing, began: float) -> list[Outcome]:
    """One after the other, up to the first that fails: the others wait with it until the target is asked again."""
    outcomes: list[Outcome] = []
    for letter in letters:
        if outcomes and time.monotonic() - began > TARGET_SECONDS:
            break
        outcome = send(letter, client=client)
        outcomes.append(replace(outcome, after=time.monotonic() - began))
        if not outcome.is_sent:
            break
    return outcomes


@transaction.atomic
def finish(claim: Claim, outcomes: Sequence[Outcome], *, now: datetime) -> None:
    """Say on the rows what happened, where the target is still ours; `now` is when it was taken."""
    target = Target.objects.select_for_update().filter(pk=claim.target_id, epoch=claim.epoch).first()
    if target is None:  # we slept past the lease: whoever took it then has the say
        return
    for outcome in outcomes:
        _note(outcome, now=now)
    last = outcomes[-1] if outcomes else None
    if last is None or last.is_sent:
        target.failures, target.failing_since, target.held_until = 0, None, None
    else:
        at = now + timedelta(seconds=last.after)
        target.failures = min(target.failures + 1, 1000)
        target.failing_since = target.failing_since or at
        target.held_until = at + _pause(target.failures, asked=last.retry_after)
    target.save(update_fields=["failures", "failing_since", "held_until"])


def _note(outcome: Outcome, *, now: datetime) -> None:
    at = now + timedelta(seconds=outcome.after)
    by_tries: defaultdict[int, list[Delivery]] = defaultdict(list)
    for delivery in Delivery.objects.filter(pk__in=outcome.deliveries):
        by_tries[delivery.tries + 1].append(delivery)
    for tries, deliveries in by_tries.items():
        if outcome.is_sent:
            state = Delivery.State.SENT
        else:
            state = Delivery.State.SET_ASIDE if tries >= settings.NOTICE_TRIES else Delivery.State.WAITING
        Delivery.objects.filter(pk__in=[delivery.pk for delivery in deliveries]).update(
            state=state,
            tries=tries,
            tried_at=at,
            due_at=at + _pause(tries, asked=outcome.retry_after),
            status=outcome.status,
            answer=outcome.answer,
            took_ms=int(outcome.took * 1000),
        )


def _pause(failures: int, *, asked: float) -> timedelta:
    """Twice as long each time, a fifth more or less, and never shorter than the other side asked for."""
    jitter = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    jitter = random.uniform(0.8, 1.2)  # noqa: S311 - no secret
    pause: timedelta = min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** min(failures - 1, 10))
    return max(pause * jitter, timedelta(seconds=asked))
