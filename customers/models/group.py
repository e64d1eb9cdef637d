"""Groups of customers: a rule that new customers fall under by themselves, and hand-picked ones beside it."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.utils.translation import gettext_lazy as _

from customers.models.connection import CloudChoice
from customers.models.customer import Customer


class CustomerGroup(models.Model):
    """Customers that the rule matches, and the added ones, less those left out; `customers.groups` works it out.

    A customer matches who meets every part of the rule that is given. A rule without any part matches nobody.
    """

    name = models.CharField(_("name"), max_length=80, unique=True)
    description = models.CharField(_("description"), max_length=300, blank=True)
    tags = ArrayField(models.CharField(max_length=40), default=list, blank=True)
    clouds = ArrayField(models.CharField(max_length=20, choices=CloudChoice.choices), default=list, blank=True)
    connections = ArrayField(models.UUIDField(), default=list, blank=True)
    words = models.CharField(max_length=100, blank=True)  # a part of the name or of a domain
    added = models.ManyToManyField(Customer, related_name="+", blank=True)
    left_out = models.ManyToManyField(Customer, related_name="+", blank=True)
    people = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="scope_groups", blank=True)

    objects: ClassVar["models.Manager[CustomerGroup]"]

    def __str__(self) -> str:
        return self.name
