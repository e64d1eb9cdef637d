"""Targets as owners keep them, test messages to them, and deliveries that are asked for again."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.notices.kinds import Severity
from csp_portal.notices.models import Delivery, Target
from csp_portal.notices.ways.webhook import new_signing_key


def with_reach(targets: QuerySet[Target]) -> QuerySet[Target]:
    """Each with `is_reached`: whether it ever took a message. That none has failed yet says nothing."""
    taken = Delivery.objects.filter(target=OuterRef("pk"), state=Delivery.State.SENT)
    return targets.annotate(is_reached=Exists(taken))


@transaction.atomic
def keep_target(target: Target, told: dict[str, Any], *, by: User, is_new: bool, before: dict[str, Any]) -> str:
    """Store the target as the form says; returns its signing key where a new one was made, to be shown this once.

    It is asked again at once, whatever kept us from it before: a worker that is with it now has no say any more.
    """
    is_mail = target.way == Target.Way.MAIL
    target.addresses = told["addresses"] if is_mail else []
    if told["url"] and not is_mail:
        target.seal_secret("url", told["url"])
    key = ""
    if target.way == Target.Way.WEBHOOK and (is_new or told["new_key"]):
        key = new_signing_key()
        target.seal_secret("signing_key", key)
    target.held_until, target.failures, target.failing_since = None, 0, None
    target.epoch += 1
    target.save()
    after = {**facts(target), "address_changed": bool(told["url"]), "key_changed": bool(key)}
    record(Action.TARGET_ADDED if is_new else Action.TARGET_CHANGED, by=by, about=target, before=before, after=after)
    return key


def facts(target: Target) -> dict[str, Any]:
    """What the audit says of a target; never where it is."""
    names = ("name", "way", "addresses", "language", "is_enabled")
    return {name: getattr(target, name) for name in names}


@transaction.atomic
def delete_target(target: Target, *, by: User) -> None:
    record(Action.TARGET_DELETED, by=by, about=target, before=facts(target))
    target.delete()


@transaction.atomic
def ask_for_test(target: Target, *, by: User, now: datetime) -> Delivery:
    """A test message as a row that is due; a request sends nothing itself."""
    content = {
        **{"id": None, "kind": "TEST", "key": "test", "severity": Severity.INFO.name, "count": 1, "closedAt": None},
        **{"firstSeenAt": now.isoformat(), "lastSeenAt": now.isoformat(), "cloud": "", "service": "", "rule": ""},
        **{"customers": {"count": 0, "names": []}, "facts": {"title": "", "by": by.name, "path": "/alerts/"}},
    }
    delivery = Delivery.objects.create(target=target, content=content, made_at=now, due_at=now)
    record(Action.TARGET_TESTED, by=by, about=target)
    return delivery


@transaction.atomic
def replay(delivery: Delivery, *, by: User, now: datetime) -> bool:
    """Send it once more, with the same content and id; False where it waits to be sent anyway."""
    done = Delivery.objects.filter(pk=delivery.pk).exclude(state=Delivery.State.WAITING)
    replayed = done.update(state=Delivery.State.WAITING, due_at=now, tries=0, is_digest=False)
    if replayed:
        record(Action.DELIVERY_REPLAYED, by=by, about=delivery, after={"target": delivery.target.name})
    return bool(replayed)
