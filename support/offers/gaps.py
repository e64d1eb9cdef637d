"""Where the register has gaps: customers of whom something is not offered, not told, not confirmed, or ends."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import Exists, OuterRef
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from customers.access import visible_customers
from customers.models.customer import CustomerQuerySet
from support.models import OFFERED_FAMILIES, OfferTold, OfferVersion, OfferVersionQuerySet, Ticket

ENDS_SOON = timedelta(days=60)
ASKED_LATELY = timedelta(days=365)
ORDER = ("name", "id")


class Gap(models.TextChoices):
    NONE = "NONE", _("Without an offer")
    PRODUCT = "PRODUCT", _("Asked for a product that no offer covers")
    UNTOLD = "UNTOLD", _("Not told since the last change")
    UNCONFIRMED = "UNCONFIRMED", _("Told, but not confirmed")
    ENDS = "ENDS", _("An offer ends within 60 days")


def customers_with(gap: Gap, *, user: User, now: datetime) -> CustomerQuerySet:
    """Those that this person may see and that we serve; one statement."""
    rows = visible_customers(user).filter(gone_at__isnull=True)
    ours = _of_customer(OfferVersion.objects.in_force(on=timezone.localdate(now)))
    if gap == Gap.NONE:
        return rows.filter(~Exists(ours))
    if gap == Gap.PRODUCT:
        return rows.filter(_asked_uncovered(ours, now=now))
    if gap == Gap.UNTOLD:
        return rows.filter(Exists(_untold(now=now)))
    if gap == Gap.UNCONFIRMED:
        return rows.filter(Exists(_unconfirmed(now=now)))
    return rows.filter(Exists(_ending(ours, now=now)))


def counts(user: User, *, now: datetime) -> dict[Gap, int]:
    """How many customers have each; one statement each."""
    return {gap: customers_with(gap, user=user, now=now).order_by().count() for gap in Gap}


def _of_customer(versions: OfferVersionQuerySet) -> OfferVersionQuerySet:
    return versions.filter(offer__customer=OuterRef("pk"))


def _asked_uncovered(ours: OfferVersionQuerySet, *, now: datetime) -> models.Q:
    """A ticket of the last year about a family, where neither that nor all products are offered."""
    asked = Ticket.objects.filter(customer=OuterRef("pk"), created_at__gt=now - ASKED_LATELY)
    found = models.Q()
    for family in OFFERED_FAMILIES:
        offered = ours.filter(offer__family__in=["", family])
        found |= models.Q(Exists(asked.filter(family=family))) & ~models.Q(Exists(offered))
    return found


def _told() -> "models.QuerySet[OfferTold]":
    return OfferTold.objects.filter(version=OuterRef("pk"), state=OfferTold.State.TOLD)


def _untold(*, now: datetime) -> OfferVersionQuerySet:
    return _published_now(now=now).filter(~Exists(_told()))


def _unconfirmed(*, now: datetime) -> OfferVersionQuerySet:
    """A visit to the customer's own page is proof enough."""
    proved = _told().filter(models.Q(confirmed_at__isnull=False) | models.Q(way=OfferTold.Way.PAGE))
    return _published_now(now=now).filter(Exists(_told()), ~Exists(proved))


def _published_now(*, now: datetime) -> OfferVersionQuerySet:
    """What holds or will hold; a version that another has followed needs no telling any more."""
    today = timezone.localdate(now)
    newer = OfferVersion.objects.published().filter(
        offer=OuterRef("offer"), valid_from__lte=today, valid_from__gt=OuterRef("valid_from")
    )
    current = OfferVersion.objects.published().filter(~Exists(newer)).exclude(valid_to__lt=today)
    return _of_customer(current)


def _ending(ours: OfferVersionQuerySet, *, now: datetime) -> OfferVersionQuerySet:
    """With no version published that begins by the day after its last."""
    next_one = OfferVersion.objects.published().filter(
        offer=OuterRef("offer"),
        valid_from__gt=OuterRef("valid_from"),
        valid_from__lte=OuterRef("valid_to") + timedelta(days=1),
    )
    return ours.filter(~Exists(next_one), valid_to__lte=timezone.localdate(now) + ENDS_SOON)
