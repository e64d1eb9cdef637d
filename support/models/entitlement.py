"""What decides who files a request where: what kind of partner we are, our plans, and rules that an owner corrected."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from customers.models import Connection, Customer


class PartnerType(models.TextChoices):
    UNKNOWN = "UNKNOWN", _("Not said yet")
    DIRECT = "DIRECT", _("Direct partner")
    INDIRECT_PROVIDER = "INDIRECT_PROVIDER", _("Indirect provider")
    INDIRECT_RESELLER = "INDIRECT_RESELLER", _("Indirect reseller")


class PartnerStanding(models.Model):
    """What we are to Microsoft under a connection; without a row nobody has said it."""

    connection = models.OneToOneField(
        Connection, on_delete=models.CASCADE, primary_key=True, related_name="partner_standing"
    )
    partner_type = models.CharField(_("partner type"), max_length=20, choices=PartnerType.choices)
    provider = models.CharField(_("our indirect provider"), max_length=200, blank=True)

    objects: ClassVar[models.Manager["PartnerStanding"]]

    def __str__(self) -> str:
        return f"{self.get_partner_type_display()} under connection {self.connection_id}"


class SupportPlan(models.Model):
    """A plan under which Microsoft helps us; without a connection under every one, without a customer for all."""

    class Kind(models.TextChoices):
        PREMIER = "PREMIER", _("Premier Support for Partners (or Unified)")
        ADVANCED = "ADVANCED", _("Advanced Support for Partners")
        PARTNER_CLOUD = "PARTNER_CLOUD", _("Partner Cloud Support (formerly Signature Cloud Support)")
        AZURE_PRODIRECT = "AZURE_PRODIRECT", _("Azure Professional Direct")
        AZURE_STANDARD = "AZURE_STANDARD", _("Azure Standard")

    kind = models.CharField(_("plan"), max_length=20, choices=Kind.choices)
    contract = models.CharField(_("contract or access ID"), max_length=100, blank=True)
    connection = models.ForeignKey(
        Connection, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("connection")
    )
    customer = models.ForeignKey(
        Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+", verbose_name=_("customer")
    )
    valid_from = models.DateField(_("valid from"))
    valid_to = models.DateField(_("last day"), null=True, blank=True)
    # None where Microsoft does not count them.
    incidents_left = models.PositiveIntegerField(_("incidents left"), null=True, blank=True)

    objects: ClassVar[models.Manager["SupportPlan"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="support_plan_ends_after_it_begins",
                condition=Q(valid_to__isnull=True) | Q(valid_to__gte=F("valid_from")),
            )
        ]

    def __str__(self) -> str:
        return str(self.get_kind_display())


class EntitlementChoice(models.Model):
    """What holds for us where the sources of a rule disagree; the rule's own value comes back when it is deleted."""

    rule = models.CharField(max_length=60, unique=True)
    value = models.CharField(max_length=40, blank=True)
    reason = models.CharField(_("why"), max_length=500)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager["EntitlementChoice"]]

    def __str__(self) -> str:
        return f"{self.rule}: {self.value}"
