"""A person at a customer to whom we write."""

from typing import ClassVar, Self

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.customer import Customer


class ContactQuerySet(models.QuerySet["Contact"]):
    def kept(self) -> Self:
        return self.filter(removed_at__isnull=True)


class Contact(models.Model):
    """One mail address at one customer; whoever works for two customers is a contact of each."""

    class Topic(models.TextChoices):
        """What a contact wants to be told of."""

        INCIDENTS = "INCIDENTS", _("Incidents")
        MAINTENANCE = "MAINTENANCE", _("Planned maintenance")
        CHANGES = "CHANGES", _("Changes of Microsoft's services")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="contacts", db_index=False)
    name = models.CharField(_("name"), max_length=120)
    address = models.EmailField(_("mail address"))
    # As a person wrote it; for our people only, never on a page that customers open.
    phone = models.CharField(_("phone number"), max_length=40, blank=True, db_default="")
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, default="en")
    # In which time zone its quiet hours lie; empty is the portal's own.
    zone = models.CharField(_("time zone"), max_length=60, blank=True)
    wants = ArrayField(models.CharField(max_length=20, choices=Topic.choices), default=list, blank=True)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)
    # By the contact's own hand; nobody of us takes it back.
    opted_out_at = models.DateTimeField(null=True, blank=True)
    # A mail server said that the address takes no mail; nothing more is sent there until a person clears it.
    bounced_at = models.DateTimeField(null=True, blank=True)
    bounce_reason = models.CharField(max_length=300, blank=True)

    objects: ClassVar[ContactQuerySet] = ContactQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "address"],
                name="one_contact_per_address",
                condition=models.Q(removed_at__isnull=True),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>"

    def wanted_words(self) -> list[str]:
        return [str(self.Topic(topic).label) for topic in self.wants]
