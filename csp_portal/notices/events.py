"""Raises and closes events, inside of the transaction of the change that they tell of."""

import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet

from csp_portal.notices.kinds import NEWS, EventKind, Severity
from csp_portal.notices.models import Event

# So long is waited before anybody is told: what is seen again in the meantime is in the same message, as its count.
GROUPED_FOR = timedelta(seconds=30)

# Two workers that raise the same event make one row: the second waits for the first and counts it up. The worst
# severity stays; whoever was told already is not told again (Delivery), so being due again costs nothing.
_RAISE = """
    INSERT INTO notices_event
        (kind, key, severity, is_news, cloud, service, issue_id, facts, count, first_seen_at, last_seen_at, due_at)
    SELECT sent.kind, sent.key, sent.severity, sent.is_news, sent.cloud, sent.service, issue.id, sent.facts, sent.times,
           %s, %s, %s
    FROM unnest(%s::text[], %s::text[], %s::smallint[], %s::bool[], %s::text[], %s::text[], %s::text[], %s::jsonb[],
                %s::int[]) AS sent(kind, key, severity, is_news, cloud, service, issue, facts, times)
    LEFT JOIN health_issue issue ON issue.cloud = sent.cloud AND issue.microsoft_id = sent.issue
    ORDER BY sent.key
    ON CONFLICT (key) WHERE closed_at IS NULL DO UPDATE
    SET count = notices_event.count + EXCLUDED.count, facts = EXCLUDED.facts,
        severity = LEAST(notices_event.severity, EXCLUDED.severity),
        last_seen_at = GREATEST(notices_event.last_seen_at, EXCLUDED.last_seen_at),
        due_at = CASE WHEN notices_event.is_news THEN notices_event.due_at
                      ELSE LEAST(notices_event.due_at, EXCLUDED.due_at) END
    RETURNING id, key
"""


@dataclass(frozen=True, kw_only=True, slots=True)
class Raised:
    """An event to raise. `facts` is plain JSON: `title` names what it is about, in Microsoft's words or as a name, and
    `path` is the page of the portal that shows it. `issue` is Microsoft's id, in `cloud`; `customers` are primary keys.
    """

    kind: EventKind
    key: str
    severity: Severity
    facts: Mapping[str, Any]
    cloud: str = ""
    service: str = ""
    issue: str = ""
    customers: Collection[int] = ()
    times: int = field(default=1)


def raise_event(
    kind: EventKind,
    *,
    key: str,
    severity: Severity,
    facts: Mapping[str, Any],
    now: datetime,
    cloud: str = "",
    service: str = "",
    issue: str = "",
    customer: Any = None,
    customers: Iterable[Any] | None = None,
) -> None:
    """Raise one event; while one of the same key is open it is only counted up. `customers` are rows or a queryset."""
    if isinstance(customers, QuerySet):
        keys = set(customers.order_by().values_list("pk", flat=True))
    else:
        keys = {row.pk for row in (*(customers or ()), *([customer] if customer else ()))}
    raised = Raised(
        kind=kind, key=key, severity=severity, facts=facts, cloud=cloud, service=service, issue=issue, customers=keys
    )
    raise_events([raised], now=now)


def raise_events(raised: Sequence[Raised], *, now: datetime) -> None:
    """Raise many at once: one statement, and one more where they name customers. Each key may stand there once."""
    if not raised:
        return
    ordered = sorted(raised, key=lambda one: one.key)  # as everywhere: no two writers wait for each other in a circle
    columns = zip(*map(_columns, ordered), strict=True)
    with connection.cursor() as cursor:
        cursor.execute(_RAISE, [now, now, now + GROUPED_FOR, *map(list, columns)])
        ids = {key: pk for pk, key in cursor.fetchall()}
    through = Event.customers.through
    hit = [
        through(event_id=ids[one.key], customer_id=customer) for one in ordered for customer in sorted(one.customers)
    ]
    if hit:
        through.objects.bulk_create(hit, ignore_conflicts=True)


def _columns(one: Raised) -> tuple[object, ...]:
    plain = json.dumps(dict(one.facts), ensure_ascii=False)
    return (
        *(one.kind.value, one.key, one.severity.value, one.kind in NEWS, one.cloud, one.service, one.issue, plain),
        one.times,
    )


def close_event(key: str, *, now: datetime) -> bool:
    """Close the open event of this key; False where there is none."""
    return close_events([key], now=now) > 0


def close_events(keys: Collection[str], *, now: datetime) -> int:
    """Close what is open of these keys; returns how many. What the rules had not looked at yet is still told."""
    return Event.objects.filter(key__in=keys, closed_at__isnull=True, is_news=False).update(closed_at=now)
