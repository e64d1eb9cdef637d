"""Writes a batch: services, states, issues, posts, exposures, roll-ups and feeds in one transaction."""

from collections.abc import Sequence
from datetime import datetime

from django.db import connection, transaction

from health.finish import finish_changed, finish_failed, hold_feeds
from health.hold import hold_back
from health.outbreak import hurry_neighbors, is_outbreak
from health.reading import Changed, Failed
from health.upsert.alerts import IssueNews, tell
from health.upsert.exposures import OpenIssues, write_exposures
from health.upsert.issues import StoredIssues, upsert_issues
from health.upsert.rollups import roll_up
from health.upsert.service_catalog import upsert_services
from health.upsert.states import write_states

# Writers of issues queue up here: they would queue at the row of the same issue anyway, and might do so in a circle.
_TURN = "SELECT pg_advisory_xact_lock(hashtext('health_issue'))"


def store_readings(readings: Sequence[Changed | Failed], *, now: datetime) -> int:
    """Write what changed and what failed, and say so on the feeds; returns how many feeds were still ours."""
    with transaction.atomic():
        held = hold_feeds(readings)
        changed = [r for r in readings if isinstance(r, Changed) and r.feed.pk in held]
        failed = [r for r in readings if isinstance(r, Failed) and r.feed.pk in held]
        denied = [failure for failure in failed if failure.is_denied and _is_news(failure)]
        open_issues = _write(changed, denied, now=now)
        finish_changed(changed, now=now, incidents={pk: found.incidents for pk, found in open_issues.items()})
        finish_failed(failed, now=now)
    hold_back({one.feed.customer_id: one.retry_after for one in failed if one.retry_after is not None})
    return len(held)


def _is_news(failure: Failed) -> bool:
    """Whether the customer is not yet unknown for this cause; a denial repeated every hour changes nothing."""
    return failure.feed.paused_because != failure.problem


def _write(changed: Sequence[Changed], denied: Sequence[Failed], *, now: datetime) -> dict[int, OpenIssues]:
    if not changed and not denied:
        return {}
    services = upsert_services(changed) if changed else {}
    states = write_states(changed, denied, services=services, now=now)
    open_issues: dict[int, OpenIssues] = {}
    news = IssueNews()
    if changed:
        with connection.cursor() as cursor:
            cursor.execute(_TURN)
        issues = upsert_issues(changed, now=now)
        open_issues = write_exposures(changed, issues=issues, now=now)
        news = issues.news
        _hurry(changed, issues=issues, now=now)
    roll_up(changed, denied, states=states, open_issues=open_issues, now=now)
    tell(changed, denied, news=news, now=now)
    return open_issues


def _hurry(changed: Sequence[Changed], *, issues: StoredIssues, now: datetime) -> None:
    outbreaks = {key: facts.service_name for key, facts in issues.first_seen.items() if is_outbreak(facts, now=now)}
    if not outbreaks:
        return
    connections = {
        str(customer.connection_id)
        for customer, facts in ((reading.feed.customer, reading.facts) for reading in changed)
        if any((customer.cloud, microsoft_id) in outbreaks for microsoft_id in facts.issues)
    }
    hurry_neighbors(
        issue_ids={microsoft_id for _cloud, microsoft_id in outbreaks},
        service_names=set(outbreaks.values()),
        connection_ids=connections,
    )
