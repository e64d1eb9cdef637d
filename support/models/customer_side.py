"""People of customers who use their own pages, how they come in, and what they think of our help."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Lower, Now
from django.utils.translation import gettext_lazy as _

from csp_portal.attachments.models import random_key
from customers.models import Customer
from support.models.ticket import Ticket


class CustomerPerson(models.Model):
    """Somebody at one customer; never one of us, and nothing of our own pages opens for them."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    name = models.CharField(max_length=200, blank=True)
    address = models.EmailField(_("mail address"))
    # The object id in the customer's own tenant, once they came in through Microsoft.
    microsoft_id = models.UUIDField(null=True, blank=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    # All tickets of the customer instead of their own ones.
    sees_all = models.BooleanField(default=False)
    # Stands in the browser's cookie; a new one ends every visit.
    visit_key = models.CharField(max_length=64, default=random_key)
    created_at = models.DateTimeField(db_default=Now())
    seen_at = models.DateTimeField(null=True, blank=True)
    disabled_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["CustomerPerson"]]

    class Meta:
        constraints = [
            models.UniqueConstraint("customer", Lower("address"), name="one_person_per_address"),
            models.UniqueConstraint(
                fields=["customer", "microsoft_id"],
                name="one_person_per_account",
                condition=Q(microsoft_id__isnull=False),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} <{self.address}>" if self.name else self.address


class SignInLink(models.Model):
    """A way in by mail, good for one use; its token is made when the mail leaves, and only the hash is kept."""

    person = models.ForeignKey(CustomerPerson, on_delete=models.CASCADE, related_name="links")
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField(null=True)
    token_hash = models.CharField(max_length=64, blank=True, db_index=True)
    ends_at = models.DateTimeField(null=True, blank=True)
    used_at = models.DateTimeField(null=True, blank=True)
    failures = models.PositiveSmallIntegerField(default=0)
    problem = models.CharField(max_length=300, blank=True)

    objects: ClassVar[models.Manager["SignInLink"]]

    class Meta:
        indexes = [models.Index(fields=["due_at"], name="sign_in_link_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"sign-in link {self.pk} of {self.person_id}"


class Rating(models.Model):
    """What the customer says of our help after the end of a ticket."""

    ticket = models.OneToOneField(Ticket, on_delete=models.CASCADE, related_name="rating")
    is_good = models.BooleanField()
    words = models.TextField(max_length=2000, blank=True)
    at = models.DateTimeField(db_index=True)
    by = models.ForeignKey(CustomerPerson, on_delete=models.SET_NULL, null=True, related_name="+")

    objects: ClassVar[models.Manager["Rating"]]

    def __str__(self) -> str:
        return f"{'good' if self.is_good else 'bad'}: ticket {self.ticket_id}"
