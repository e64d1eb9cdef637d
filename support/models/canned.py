"""What is written to customers again and again."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from support.models.words import Family


class CannedReply(models.Model):
    """A text with variables, for everybody at the desk; what names no product or language fits all of them."""

    name = models.CharField(_("name"), max_length=100, unique=True)
    text = models.TextField(_("text"), max_length=20_000)
    language = models.CharField(_("language"), max_length=10, choices=settings.LANGUAGES, blank=True)
    family = models.CharField(_("product family"), max_length=20, choices=Family.choices, blank=True)
    updated_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["CannedReply"]]

    def __str__(self) -> str:
        return self.name
