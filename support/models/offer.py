"""What support a customer gets for which products, version by version, and how it was told."""

from datetime import date
from typing import ClassVar, Self

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from csp_portal.calendars.models import Calendar
from customers.models import Contact, Customer
from support.models.mail_row import MailRow
from support.models.sla import SlaPolicy
from support.models.words import Family

OFFERED_FAMILIES = (Family.MICROSOFT_365, Family.AZURE, Family.DYNAMICS_365)
_FAMILIES = [(family.value, family.label) for family in OFFERED_FAMILIES]


class SupportOffer(models.Model):
    """To one customer, for a product family or for all; without a customer, a pattern of the catalogue."""

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, null=True, blank=True, related_name="+")
    name = models.CharField(_("name"), max_length=80, blank=True)
    family = models.CharField(_("product family"), max_length=20, choices=_FAMILIES, blank=True)
    # When a version begins or ends next, and the clocks of the customer's tickets have to be looked at.
    due_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["SupportOffer"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "family"], name="one_offer_for_each_family", condition=Q(customer__isnull=False)
            ),
            models.UniqueConstraint(Lower("name"), name="one_pattern_of_each_name", condition=Q(customer__isnull=True)),
            models.CheckConstraint(
                name="only_a_pattern_has_a_name",
                condition=Q(customer__isnull=True) & ~Q(name="") | Q(customer__isnull=False, name=""),
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="support_offer_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return self.name or f"{self.customer} · {self.family_words}"

    @property
    def family_words(self) -> str:
        return str(Family(self.family).label if self.family else _("All products"))


class OfferVersionQuerySet(models.QuerySet["OfferVersion"]):
    def published(self) -> Self:
        return self.filter(published_at__isnull=False)

    def in_force(self, *, on: date) -> Self:
        """Of each offer the published version that began last, unless its time is over: never more than one."""
        newer = OfferVersion.objects.published().filter(
            offer=OuterRef("offer"), valid_from__lte=on, valid_from__gt=OuterRef("valid_from")
        )
        return self.published().filter(~Exists(newer), valid_from__lte=on).exclude(valid_to__lt=on)


class OfferVersion(models.Model):
    """A draft until it is published, and never altered from then on; the next one takes its place."""

    class Delivery(models.TextChoices):
        OURS = "OURS", _("Delivered by us")
        RESOLD = "RESOLD", _("Resold from another company")
        OUTSOURCED = "OUTSOURCED", _("Outsourced to another company")

    class Per(models.TextChoices):
        MONTH = "MONTH", _("per month")
        YEAR = "YEAR", _("per year")
        SEAT_MONTH = "SEAT_MONTH", _("per seat and month")
        HOUR = "HOUR", _("per hour")
        TICKET = "TICKET", _("per request")

    offer = models.ForeignKey(SupportOffer, on_delete=models.CASCADE, related_name="versions", db_index=False)
    number = models.PositiveIntegerField()
    delivery = models.CharField(_("who delivers it"), max_length=10, choices=Delivery.choices, default=Delivery.OURS)
    company = models.CharField(_("the other company"), max_length=120, blank=True)
    covered_en = models.TextField(_("what is covered, in English"), max_length=4000, blank=True)
    covered_zh = models.TextField(_("what is covered, in Chinese"), max_length=4000, blank=True)
    not_covered_en = models.TextField(_("what is not covered, in English"), max_length=4000, blank=True)
    not_covered_zh = models.TextField(_("what is not covered, in Chinese"), max_length=4000, blank=True)
    # In a published version, None is around the clock.
    calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hours")
    )
    phone = models.CharField(_("phone number"), max_length=40, blank=True)
    phone_calendar = models.ForeignKey(
        Calendar,
        on_delete=models.PROTECT,
        null=True,
        blank=True,
        related_name="+",
        verbose_name=_("hours of the phone"),
    )
    mail = models.EmailField(_("mail address"), blank=True)
    mail_calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hours of the mail")
    )
    page = models.URLField(_("web page"), blank=True)
    page_calendar = models.ForeignKey(
        Calendar, on_delete=models.PROTECT, null=True, blank=True, related_name="+", verbose_name=_("hours of the page")
    )
    # Without an amount it is included.
    amount = models.DecimalField(_("price"), max_digits=12, decimal_places=2, null=True, blank=True)
    currency = models.CharField(_("currency"), max_length=3, blank=True)
    per = models.CharField(_("per"), max_length=10, choices=Per.choices, blank=True)
    policy = models.ForeignKey(
        SlaPolicy, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", verbose_name=_("promised times")
    )
    valid_from = models.DateField(_("valid from"), null=True, blank=True)
    valid_to = models.DateField(_("valid to"), null=True, blank=True)
    # As they were on the day of publishing: name, pauses and targets of the policy, and spans of the calendars.
    promised = models.JSONField(default=dict, blank=True)
    hours = models.JSONField(default=dict, blank=True)
    published_at = models.DateTimeField(null=True, blank=True)
    published_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+"
    )

    objects: ClassVar[OfferVersionQuerySet] = OfferVersionQuerySet.as_manager()  # type: ignore[assignment]

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["offer", "number"], name="one_row_of_each_offer_version"),
            models.UniqueConstraint(
                fields=["offer"], name="one_draft_of_an_offer", condition=Q(published_at__isnull=True)
            ),
            # With this, the one that began last is always exactly one.
            models.UniqueConstraint(
                fields=["offer", "valid_from"],
                name="one_version_begins_on_a_day",
                condition=Q(published_at__isnull=False),
            ),
            models.CheckConstraint(
                name="a_published_version_begins",
                condition=Q(published_at__isnull=True) | Q(valid_from__isnull=False),
            ),
            models.CheckConstraint(
                name="a_version_ends_after_it_begins",
                condition=Q(valid_to__isnull=True)
                | Q(valid_from__isnull=True)
                | Q(valid_to__gte=models.F("valid_from")),
            ),
        ]

    def __str__(self) -> str:
        return f"version {self.number} of offer {self.offer_id}"

    @property
    def is_draft(self) -> bool:
        return self.published_at is None


class OfferTold(MailRow):
    """That a version was told to somebody: by mail, on the customer's page, or by hand."""

    class Way(models.TextChoices):
        MAIL = "MAIL", _("Mail")
        PAGE = "PAGE", _("Seen on the customer's page")
        HAND = "HAND", _("By hand")

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        SENDING = "SENDING", _("Being sent")
        TOLD = "TOLD", _("Told")
        UNCERTAIN = "UNCERTAIN", _("Nobody knows whether it arrived")
        FAILED = "FAILED", _("Not sent")

    version = models.ForeignKey(OfferVersion, on_delete=models.CASCADE, related_name="told")
    way = models.CharField(max_length=5, choices=Way.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.TOLD)
    contact = models.ForeignKey(Contact, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    # Kept as they were then, whatever becomes of the contact.
    name = models.CharField(max_length=200, blank=True)
    address = models.EmailField(blank=True)
    language = models.CharField(max_length=10, choices=settings.LANGUAGES, default="en")
    note = models.CharField(max_length=1000, blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    asked_at = models.DateTimeField()
    at = models.DateTimeField(null=True, blank=True)
    confirmed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["OfferTold"]]

    class Meta:
        constraints = [
            models.UniqueConstraint("version", Lower("address"), name="a_page_is_seen_once", condition=Q(way="PAGE")),
            models.CheckConstraint(
                name="what_was_told_has_its_moment", condition=~Q(state="TOLD") | Q(at__isnull=False)
            ),
        ]
        indexes = [models.Index(fields=["due_at"], name="offer_told_due", condition=Q(due_at__isnull=False))]

    def __str__(self) -> str:
        return f"{self.way} about version {self.version_id}"
