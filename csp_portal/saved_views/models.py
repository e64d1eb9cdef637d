"""A name for the filters of a list."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

LONGEST_QUERY = 1000


class SavedView(models.Model):
    """`query` of the list whose view is named `page`; the address stays the truth, this is only a name for it.

    It holds no rows and gives no rights: who opens it sees what they may see. A removed one can be restored.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    page = models.CharField(max_length=100)
    name = models.CharField(_("name"), max_length=60)
    query = models.CharField(max_length=LONGEST_QUERY, blank=True)
    is_shared = models.BooleanField(_("shown to everybody who may open this page"), default=False)
    created_at = models.DateTimeField(db_default=Now())
    removed_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar["models.Manager[SavedView]"]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["person", "page", "name"],
                name="one_saved_view_of_each_name",
                condition=Q(removed_at__isnull=True),
            )
        ]
        indexes = [models.Index(fields=["page"], name="saved_view_shared", condition=Q(is_shared=True))]

    def __str__(self) -> str:
        return self.name
