"""A customer who was called about an issue."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models import Customer
from health.models.issue import Issue


class Call(models.Model):
    """Who of us called a customer about an issue, when, and what was said; a second call replaces the note."""

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="calls", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="calls")
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    called_at = models.DateTimeField()
    note = models.CharField(_("note"), max_length=500, blank=True)

    objects: ClassVar[models.Manager["Call"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["issue", "customer"], name="one_call_per_issue_and_customer")]

    def __str__(self) -> str:
        return f"call of customer {self.customer_id} about issue {self.issue_id}"
