"""A customer's tenant, with the roll-ups that lists of thousands need."""

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex, OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now, Upper
from django.utils.translation import gettext_lazy as _

from csp_portal.calendars.models import Calendar
from customers.models.connection import CloudChoice, Connection

_IS_CURRENT = Q(gone_at__isnull=True)


class State(models.IntegerChoices):
    """How well a service or a customer is, worst first, so that the database sorts by it."""

    INCIDENT = 0, _("Incident")
    DEGRADED = 1, _("Degraded")
    UNKNOWN = 2, _("Unknown")
    HEALTHY = 3, _("Healthy")


class Tier(models.TextChoices):
    """The support that a customer bought of us, the least first."""

    BASIC = "BASIC", _("Basic")
    STANDARD = "STANDARD", _("Standard")
    PREMIUM = "PREMIUM", _("Premium")


class CustomerQuerySet(models.QuerySet["Customer"]):
    def current(self) -> Self:
        """Without the customers that Microsoft no longer lists as ours."""
        return self.filter(gone_at__isnull=True)

    def gone(self) -> Self:
        """The few that Microsoft no longer lists; leaving them out is quicker than naming all the others."""
        return self.filter(gone_at__isnull=False)


class Customer(models.Model):
    class Source(models.TextChoices):
        PARTNER_CENTER = "PARTNER_CENTER", _("Partner Center")
        CONTRACTS = "CONTRACTS", _("Contracts in Microsoft Graph")
        DELEGATED_ADMIN = "DELEGATED_ADMIN", _("Delegated admin customers in Microsoft Graph")
        FILE = "FILE", _("A file")

    tenant_id = models.UUIDField(_("tenant ID"), unique=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.PROTECT, null=True, blank=True, related_name="customers"
    )
    cloud = models.CharField(_("cloud"), max_length=20, choices=CloudChoice.choices)
    name = models.CharField(_("name"), max_length=200)
    domain = models.CharField(_("default domain"), max_length=255, blank=True)
    initial_domain = models.CharField(_("initial domain"), max_length=255, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True, verbose_name=_("tags"))
    source = models.CharField(max_length=20, choices=Source.choices)
    # What only we know of it: by hand or from a file.
    tier = models.CharField(_("support tier"), max_length=10, choices=Tier.choices, blank=True, db_default="")
    seats = models.PositiveIntegerField(_("seats"), null=True, blank=True)
    is_vip = models.BooleanField(_("VIP"), default=False, db_default=False)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    contract_ends_on = models.DateField(_("our contract ends on"), null=True, blank=True)
    # Legacy delegated access (DAP): whether Partner Center says that it is left; null where it was not told.
    allows_dap = models.BooleanField(null=True, blank=True)
    allows_dap_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    gone_at = models.DateTimeField(null=True, blank=True)
    # While it is paused, nothing is read from this tenant and nothing written to it.
    paused_at = models.DateTimeField(null=True, blank=True)
    paused_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )
    paused_reason = models.CharField(max_length=300, blank=True, db_default="")
    # Roll-ups, written by `health` in the transaction of the change behind them.
    health = models.SmallIntegerField(choices=State.choices, default=State.UNKNOWN)
    health_since = models.DateTimeField(null=True, blank=True)
    unknown_because = models.CharField(max_length=40, blank=True)
    open_incidents = models.PositiveSmallIntegerField(default=0)
    open_advisories = models.PositiveSmallIntegerField(default=0)

    objects: ClassVar["models.Manager[Customer]"] = CustomerQuerySet.as_manager()

    class Meta:
        indexes = [
            models.Index("health", Upper("name"), "id", name="customer_worst_first", condition=_IS_CURRENT),
            models.Index(
                *("health", F("open_incidents").desc(), F("open_advisories").desc(), Upper("name"), "id"),
                name="customer_hit_hardest",
                condition=_IS_CURRENT,
            ),
            models.Index(fields=["id"], name="customer_current", condition=_IS_CURRENT),
            models.Index(fields=["id"], name="customer_gone", condition=~_IS_CURRENT),
            models.Index(Upper("name"), "id", name="customer_by_name"),
            GinIndex(
                OpClass(Upper("name"), name="gin_trgm_ops"),
                OpClass(Upper("domain"), name="gin_trgm_ops"),
                name="customer_search",
            ),
            GinIndex(fields=["tags"], name="customer_tags"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_gone(self) -> bool:
        return self.gone_at is not None

    @property
    def is_paused(self) -> bool:
        return self.paused_at is not None
