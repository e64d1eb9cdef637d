"""Where a customer's admin portals are: Microsoft's own list for the tenant, and the catalog that admins edit."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.connection import CloudChoice
from customers.models.customer import Customer


class PortalLink(models.Model):
    """A template of the catalog, per cloud; {tid}, {initial} and {default} stand for the customer's ids."""

    class Kind(models.TextChoices):
        ADMIN = "ADMIN", _("Administration")
        HEALTH = "HEALTH", _("Service health")
        TICKET = "TICKET", _("New support request")

    cloud = models.CharField(_("cloud"), max_length=20, choices=CloudChoice.choices)
    service = models.SlugField(_("key"), max_length=60)
    kind = models.CharField(_("kind"), max_length=10, choices=Kind.choices, default=Kind.ADMIN)
    title = models.CharField(_("title"), max_length=100)
    url_template = models.CharField(_("address"), max_length=500)
    is_enabled = models.BooleanField(_("shown"), default=True)
    is_verified = models.BooleanField(_("documented by Microsoft"), default=False)
    position = models.PositiveSmallIntegerField(_("position"), default=100)

    objects: ClassVar[models.Manager["PortalLink"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["cloud", "service", "kind"], name="one_portal_link_per_service")]

    def __str__(self) -> str:
        return f"{self.title} ({self.cloud})"


class ServiceLink(models.Model):
    """One entry of Microsoft's serviceManagementDetails for a customer."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="service_links", db_index=False)
    name = models.CharField(max_length=200)
    url = models.CharField(max_length=1000)
    last_seen_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["ServiceLink"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "name"], name="one_service_link_per_name")]

    def __str__(self) -> str:
        return f"{self.name} of customer {self.customer_id}"
