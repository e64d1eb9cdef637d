"""Suspected incidents: what we see before Microsoft says so, merged with Microsoft's issue when that appears."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models import Exists, F, Min, OuterRef, Prefetch, Q, QuerySet
from django.db.models.functions import Coalesce
from django.http import Http404
from django.urls import reverse
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.notices.events import close_event, raise_event
from csp_portal.notices.kinds import EventKind, Severity
from customers.access import visible_customers
from customers.group_filter import GroupFilter
from customers.models import Customer
from health.models import Exposure, Issue, Service, Suspicion
from health.suspicion_words import seen_of

# An issue belongs to a suspicion where Microsoft first told of it not long before and not long after the report.
BEFORE, AFTER = timedelta(hours=2), timedelta(hours=72)


@transaction.atomic
def report(
    service: Service,
    *,
    seen: str,
    customers: Sequence[Customer],
    by: User | None,
    now: datetime,
    evidence: Mapping[str, object] | None = None,
) -> Suspicion:
    """By a person in their words, or by the portal with the evidence that tickets are."""
    suspicion = Suspicion.objects.create(
        service=service, seen=seen, evidence=dict(evidence or {}), reported_by=by, reported_at=now
    )
    suspicion.customers.set(customers)
    after = {"seen": seen_of(suspicion), "customers": [customer.name for customer in customers]}
    _raise(EventKind.SUSPICION_RAISED, suspicion, key=_key(suspicion.pk), customers=customers, now=now)
    record(Action.SUSPICION_REPORTED, by=by, about=suspicion, after=after)
    return suspicion


@transaction.atomic
def dismiss(suspicion: Suspicion, *, why: str, by: User, now: datetime) -> bool:
    """It was nothing of Microsoft's; False where it had ended already."""
    ended = Suspicion.objects.filter(pk=suspicion.pk, outcome=Suspicion.Outcome.OPEN).update(
        outcome=Suspicion.Outcome.DISMISSED, why=why, ended_at=now
    )
    if ended:
        close_event(_key(suspicion.pk), now=now)
        record(Action.SUSPICION_DISMISSED, by=by, about=suspicion, after={"why": why})
    return bool(ended)


def merge_confirmed(*, now: datetime) -> int:
    """Merge every open suspicion with the issue of Microsoft's that it was; returns how many. Two workers may do it."""
    return sum(_merge(pk, now=now) for pk in _open().values_list("pk", flat=True))


@transaction.atomic
def _merge(pk: int, *, now: datetime) -> bool:
    suspicion = (
        _open().select_for_update(skip_locked=True, of=("self",)).select_related("service").filter(pk=pk).first()
    )
    issue = suspicion and _issue_behind(suspicion)
    if not suspicion or not issue:
        return False
    suspicion.outcome, suspicion.issue, suspicion.ended_at = Suspicion.Outcome.MERGED, issue, now
    suspicion.minutes_ahead = int((issue.told_at - suspicion.reported_at).total_seconds() // 60)
    suspicion.save(update_fields=["outcome", "issue", "ended_at", "minutes_ahead"])
    close_event(_key(pk), now=now)
    told = {"issue": f"{issue.microsoft_id} {issue.title}", "minutes_ahead": suspicion.minutes_ahead}
    hit = list(suspicion.customers.all())
    _raise(EventKind.SUSPICION_CONFIRMED, suspicion, key=f"{_key(pk)}/issue", customers=hit, now=now, more=told)
    after = {"issue": issue.microsoft_id, "minutes_ahead": suspicion.minutes_ahead}
    record(Action.SUSPICION_MERGED, by=None, about=suspicion, after=after)
    return True


def _key(pk: int) -> str:
    return f"suspicion/{pk}"


def _raise(
    kind: EventKind,
    suspicion: Suspicion,
    *,
    key: str,
    customers: Sequence[Customer],
    now: datetime,
    more: Mapping[str, Any] | None = None,
) -> None:
    service = suspicion.service
    facts = {
        **{"title": service.name, "seen": seen_of(suspicion)[:500], **(more or {})},
        "path": reverse("health:suspicion_page", args=[suspicion.pk]),
    }
    raise_event(
        kind,
        key=key,
        severity=Severity.WARNING,
        facts=facts,
        now=now,
        cloud=service.cloud,
        service=service.name,
        customers=customers,
    )


def _issue_behind(suspicion: Suspicion) -> Any:
    """The first issue of this service that hits one of these customers and that Microsoft told of around the report.

    It comes with `told_at`, when Microsoft first posted about it.
    """
    hit = Exposure.objects.filter(issue=OuterRef("pk"), customer__in=suspicion.customers.all())
    return (
        Issue.objects.filter(Exists(hit), cloud=suspicion.service.cloud, service_name=suspicion.service.name)
        .annotate(told_at=Coalesce(Min("posts__posted_at"), F("first_seen_at")))
        .filter(told_at__gt=suspicion.reported_at - BEFORE, told_at__lt=suspicion.reported_at + AFTER)
        .order_by("told_at", "pk")
        .first()
    )


def _open() -> QuerySet[Suspicion]:
    return Suspicion.objects.filter(outcome=Suspicion.Outcome.OPEN)


def visible_suspicions(user: User, *, groups: GroupFilter | None = None) -> QuerySet[Suspicion]:
    """Of at least one customer this person may see, and with no other customer in `customers`; newest first.

    With `groups`, of at least one customer that these leave; all of its customers are then still named.
    """
    seen = visible_customers(user)
    wanted = groups.customers_of(user) if groups else seen.order_by()
    ours = Suspicion.customers.through.objects.filter(suspicion=OuterRef("pk"), customer__in=wanted.values("pk"))
    names = Prefetch("customers", queryset=seen.order_by("name"))
    rows = Suspicion.objects.filter(Exists(ours)).select_related("service", "issue", "reported_by")
    return rows.prefetch_related(names).order_by("-reported_at", "-pk")


def get_suspicion(user: User, pk: int) -> Suspicion:
    found = visible_suspicions(user).filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such suspected incident, or it is about customers that you may not see."))
    return found


def customers_named(text: str, *, user: User) -> tuple[list[Customer], list[str]]:
    """The customers that the lines name by tenant ID, domain or whole name, and the lines that name none or several."""
    found: dict[int, Customer] = {}
    unclear = []
    for line in dict.fromkeys(filter(None, (" ".join(line.split()) for line in text.replace("\x00", "").splitlines()))):
        matches = list(_named(line, user=user)[:2])
        if len(matches) == 1:
            found[matches[0].pk] = matches[0]
        else:
            unclear.append(line)
    return list(found.values()), unclear


def _named(line: str, *, user: User) -> QuerySet[Customer]:
    wanted = Q(domain__iexact=line) | Q(initial_domain__iexact=line) | Q(name__iexact=line)
    with suppress(ValueError):  # else it is a name or a domain
        wanted |= Q(tenant_id=UUID(line))
    return visible_customers(user).current().filter(wanted).order_by("pk")
