"""Which relationships end without anything in their place, and which invitations lapse."""

from datetime import datetime, timedelta
from typing import Any

from django.db.models import Exists, F, OuterRef, Q, QuerySet
from django.db.models.functions import Coalesce

from customers.models import GLOBAL_ADMINISTRATOR, Relationship
from customers.models.relationship import NO_EXTENSION

LAPSES_AFTER = timedelta(days=90)  # an invitation without an answer; Partner Center, gdap-faq.md
NOTICED_LATE = timedelta(hours=1)  # listed so long after its end, a relationship was not extended after all
_Status = Relationship.Status
HAS_GLOBAL_ADMINISTRATOR = Q(role_ids__contains=[GLOBAL_ADMINISTRATOR])
# Global Administrator bars the extension, whatever is set.
EXTENDS_ITSELF = (
    Q(status=_Status.ACTIVE)
    & ~Q(auto_extend_duration__in=NO_EXTENSION)
    & ~HAS_GLOBAL_ADMINISTRATOR
    & (Q(last_seen_at__isnull=True) | Q(last_seen_at__lte=F("ends_at") + NOTICED_LATE))
)
_OF_OURS = Q(gone_at__isnull=True) & (Q(customer__isnull=True) | Q(customer__gone_at__isnull=True))


def with_end(rows: QuerySet[Relationship]) -> QuerySet[Any]:
    """Relationships that give access until `ends_at`, without those that another one outlasts with the same roles."""
    later = Relationship.objects.filter(
        EXTENDS_ITSELF | Q(ends_at__gt=OuterRef("ends_at")),
        status=_Status.ACTIVE,
        gone_at__isnull=True,
        customer_tenant_id=OuterRef("customer_tenant_id"),
        role_ids__contains=OuterRef("role_ids"),
    ).exclude(pk=OuterRef("pk"))
    giving = rows.filter(_OF_OURS, status__in=(_Status.ACTIVE, _Status.EXPIRING, _Status.EXPIRED))
    found: QuerySet[Any] = giving.filter(~Exists(later), ends_at__isnull=False)
    return found


def ending(rows: QuerySet[Relationship], *, after: datetime, before: datetime) -> QuerySet[Any]:
    """Those whose access ends between the two moments and does not extend by itself."""
    return with_end(rows).filter(ends_at__gte=after, ends_at__lt=before).exclude(EXTENDS_ITSELF)


def lapsing(rows: QuerySet[Relationship], *, after: datetime, before: datetime) -> QuerySet[Any]:
    """Invitations without an answer, with `lapses_at` between the two moments.

    Of one that was not sent from here it is reckoned from its last change, the latest moment it can be.
    """
    sent_at = Coalesce("locked_at", "modified_at", "created_at")
    pending = rows.filter(_OF_OURS, status=_Status.APPROVAL_PENDING).annotate(lapses_at=sent_at + LAPSES_AFTER)
    found: QuerySet[Any] = pending.filter(lapses_at__gte=after, lapses_at__lt=before)
    return found
