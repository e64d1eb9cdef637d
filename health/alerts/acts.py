"""What people do about alerts: acknowledge, assign, snooze and wake, each with a step in their history."""

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.notices.models import Event, Step
from health.alerts.scope import visible_events

MOST = 100


def acknowledge(pks: Collection[int], *, by: User, now: datetime) -> int:
    """Somebody has seen it; returns how many had been acknowledged by nobody."""
    changes = {"acknowledged_at": now, "acknowledged_by": by}
    return _change(pks, changes, Step(what=Step.What.ACKNOWLEDGED), action=Action.ALERT_ACKNOWLEDGED, by=by, now=now)


def assign(pks: Collection[int], *, to: User | None, by: User, now: datetime) -> int:
    """Give it to a person, or back to nobody; ValidationError where the person may not see it."""
    if to is not None and visible_events(to).filter(pk__in=pks).count() < len(set(pks)):
        raise ValidationError(_("%(name)s may not see the customers of this alert.") % {"name": to.name})
    step = Step(what=Step.What.ASSIGNED, words=to.name if to else "")
    return _change(pks, {"assigned_to": to}, step, action=Action.ALERT_ASSIGNED, by=by, now=now)


def snooze(pks: Collection[int], *, until: datetime, reason: str, by: User, now: datetime) -> int:
    """Out of sight until then; it comes back by itself."""
    changes = {"snoozed_until": until, "snooze_reason": reason}
    step = Step(what=Step.What.SNOOZED, words=reason, until=until)
    return _change(pks, changes, step, action=Action.ALERT_SNOOZED, by=by, now=now)


def wake(pks: Collection[int], *, by: User, now: datetime) -> int:
    """End a snooze before its time."""
    changes = {"snoozed_until": None, "snooze_reason": ""}
    return _change(pks, changes, Step(what=Step.What.WOKEN), action=Action.ALERT_WOKEN, by=by, now=now)


@transaction.atomic
def _change(
    pks: Collection[int], changes: Mapping[str, Any], step: Step, *, action: Action, by: User, now: datetime
) -> int:
    """Change those of the alerts that `by` may see, that are active and that are not so yet."""
    seen = visible_events(by).active().filter(pk__in=list(pks)[:MOST]).values_list("pk", flat=True)
    events = [
        event
        for event in Event.objects.select_for_update().filter(pk__in=list(seen)).order_by("pk")
        if not _is_done(event, action=action, changes=changes, now=now)
    ]
    Event.objects.filter(pk__in=[event.pk for event in events]).update(**changes)
    Step.objects.bulk_create(
        Step(event=event, at=now, by=by, what=step.what, words=step.words, until=step.until) for event in events
    )
    for event in events:
        after = {"alert": event.key, "words": step.words, "until": step.until.isoformat() if step.until else ""}
        record(action, by=by, about=event, after=after)
    return len(events)


def _is_done(event: Event, *, action: Action, changes: Mapping[str, Any], now: datetime) -> bool:
    if action == Action.ALERT_ACKNOWLEDGED:
        return event.acknowledged_at is not None
    if action == Action.ALERT_ASSIGNED:
        return event.assigned_to_id == (changes["assigned_to"].pk if changes["assigned_to"] else None)
    if action == Action.ALERT_WOKEN:
        return event.snoozed_until is None or event.snoozed_until <= now
    return False
