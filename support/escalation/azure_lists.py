"""The lists of the form for Azure: asked for by people, read from Microsoft by a worker, kept for a day."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F

from csp_portal.microsoft.azure_support import (
    Counter,
    Named,
    list_problems,
    list_resources,
    list_services,
    list_subscriptions,
)
from csp_portal.microsoft.errors import MicrosoftError
from customers.models import Customer
from support.escalation.counters import Counters
from support.escalation.tempo import Clock
from support.escalation.values import GUID, SERVICE, Filing
from support.models import AzureList

KEPT = timedelta(days=1)
LEASE = timedelta(minutes=2)
SUBSCRIPTIONS, SERVICES, RESOURCES, PROBLEMS = "subscriptions", "services", "/resources", "/problemClassifications"
MOST_AT_ONCE = 20


def paths_for(filing: Filing) -> dict[str, str]:
    """Which list each field of the form chooses from; some are known only after another field is chosen."""
    paths = {"subscription_id": SUBSCRIPTIONS, "service_id": SERVICES}
    if GUID.fullmatch(filing.subscription_id):
        paths["resource_id"] = f"{filing.subscription_id}{RESOURCES}"
    if SERVICE.fullmatch(filing.service_id):
        paths["problem_id"] = f"{filing.service_id}{PROBLEMS}"
    return paths


def lists_for(customer: Customer, *, filing: Filing) -> dict[str, AzureList]:
    """What is known of the lists of each field; one statement."""
    paths = paths_for(filing)
    rows = {row.path: row for row in AzureList.objects.filter(customer=customer, path__in=paths.values())}
    return {name: rows[path] for name, path in paths.items() if path in rows}


@transaction.atomic
def ask_lists(customer: Customer, *, filing: Filing, now: datetime) -> None:
    """Have those read that were never read, could not be, or are older than a day."""
    for path in sorted(paths_for(filing).values()):
        row, _is_new = AzureList.objects.get_or_create(customer=customer, path=path)
        is_good = row.read_at is not None and not row.problem and now - row.read_at < KEPT
        if not is_good and row.due_at is None:
            AzureList.objects.filter(pk=row.pk, due_at__isnull=True).update(due_at=now)


def read_due_lists(*, now: datetime) -> int:
    """Read what is due, one list after the other; returns how many. No transaction is open meanwhile."""
    counters, done = Counters(), 0
    try:
        while done < MOST_AT_ONCE and (row := _claim()) is not None:
            done += 1
            _read(row, counters=counters, now=now)
    finally:
        counters.keep()
    return done


@transaction.atomic
def _claim() -> AzureList | None:
    due = AzureList.objects.filter(due_at__lte=Clock()).select_for_update(skip_locked=True, of=("self",))
    taken = due.order_by("due_at", "pk").first()
    if taken is None:
        return None
    AzureList.objects.filter(pk=taken.pk).update(due_at=Clock() + LEASE, epoch=F("epoch") + 1)
    return AzureList.objects.select_related("customer__connection").get(pk=taken.pk)


def _read(row: AzureList, *, counters: Counters, now: datetime) -> None:
    mine = AzureList.objects.filter(pk=row.pk, epoch=row.epoch)
    try:
        found = _things(row.path, counter=counters.at(row.customer))
    except MicrosoftError as error:
        counters.forget_refused(row.customer, error=error)
        mine.update(problem=error.detail[:500], due_at=None)
    else:
        things = [{"id": one.id, "name": one.name, "kind": one.kind} for one in found]
        mine.update(things=things, problem="", read_at=now, due_at=None)


def _things(path: str, *, counter: Counter) -> Sequence[Named]:
    if path.endswith(RESOURCES):
        return list_resources(counter, subscription_id=path.removesuffix(RESOURCES))
    if path.endswith(PROBLEMS):
        return list_problems(counter, service_id=path.removesuffix(PROBLEMS))
    return list_subscriptions(counter) if path == SUBSCRIPTIONS else list_services(counter)
