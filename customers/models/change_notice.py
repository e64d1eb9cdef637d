"""That a customer was told what we change in our access, why and when, before we did it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.contact import Contact
from customers.models.customer import Customer
from customers.models.order import Order
from customers.models.relationship import Relationship


class ChangeNotice(models.Model):
    """The words as they were sent, to whom and by whom; neither is ever changed."""

    class Way(models.TextChoices):
        MAIL = "MAIL", _("By mail")
        PHONE = "PHONE", _("By phone")
        OTHER = "OTHER", _("In another way")

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="change_notices")
    action = models.CharField(max_length=15, choices=Order.Action.choices)
    order = models.ForeignKey(Order, on_delete=models.SET_NULL, null=True, blank=True, related_name="change_notices")
    relationship = models.ForeignKey(
        Relationship, on_delete=models.SET_NULL, null=True, blank=True, related_name="change_notices"
    )
    contact = models.ForeignKey(
        Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    told = models.CharField(max_length=400)  # name and address, as they were then
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    way = models.CharField(_("how"), max_length=10, choices=Way.choices, default=Way.MAIL)
    subject = models.CharField(_("subject"), max_length=200)
    text = models.TextField(_("text"))
    told_at = models.DateTimeField(db_default=Now())
    told_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)

    objects: ClassVar[models.Manager["ChangeNotice"]]

    def __str__(self) -> str:
        return f"Notice of {self.action} to customer {self.customer_id}"
