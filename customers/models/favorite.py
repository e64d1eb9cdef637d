"""What a person keeps at hand: customers marked as favorites, and those looked at last."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now

from customers.models.customer import Customer


class Favorite(models.Model):
    """A customer that a person marked; `related_name` lets a list be narrowed to them."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="favorites")
    marked_at = models.DateTimeField(db_default=Now())

    objects: ClassVar["models.Manager[Favorite]"]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "customer"], name="one_favorite_per_person")]


class Visit(models.Model):
    """That a person looked at a customer's pages, and when last; the few newest of each person are kept."""

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="visits")
    at = models.DateTimeField()

    objects: ClassVar["models.Manager[Visit]"]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "customer"], name="one_visit_per_person")]
        indexes = [models.Index(fields=["person", "-at"], name="visit_newest_first")]
