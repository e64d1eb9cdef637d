"""Links by which people without an account see something of health."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, CustomerGroup


class Share(models.Model):
    """A signed link: whoever has it sees this much, and never more than the person who made it may see then."""

    # A group that a link still shows is not deleted unsaid: the link would end with it.
    GROUPS_MATTER: ClassVar[Q] = Q(revoked_at__isnull=True, expires_at__gt=Now())

    class Kind(models.TextChoices):
        WALLBOARD = "WALLBOARD", _("Wallboard")
        FEED = "FEED", _("News feed (RSS and Atom)")
        CALENDAR = "CALENDAR", _("Calendar (iCal)")
        STATUS_PAGE = "STATUS_PAGE", _("Status page of a customer")
        REQUEST_FORM = "REQUEST_FORM", _("Request form of a customer")
        ACCESS_CALENDAR = "ACCESS_CALENDAR", _("Calendar of delegated access that ends (iCal)")

    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(_("name"), max_length=120)
    # Neither is all customers that its maker sees. With what it is about the link goes, it never grows wider.
    group = models.ForeignKey(CustomerGroup, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    language = models.CharField(max_length=10, choices=settings.LANGUAGES)
    token_hash = models.CharField(max_length=64, unique=True)
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    made_at = models.DateTimeField(db_default=Now())
    expires_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    # To the hour: a wallboard opens it three times a minute.
    used_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Share"]]

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="share_is_about_a_group_or_a_customer", condition=Q(group__isnull=True) | Q(customer__isnull=True)
            ),
            models.CheckConstraint(
                name="status_page_is_of_one_customer",
                condition=~Q(kind="STATUS_PAGE") | Q(customer__isnull=False),
            ),
            models.CheckConstraint(
                name="request_form_is_of_one_customer",
                condition=~Q(kind="REQUEST_FORM") | Q(customer__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=["-made_at", "-id"], name="share_newest_first")]

    def __str__(self) -> str:
        return f"{self.get_kind_display()} {self.name}"
