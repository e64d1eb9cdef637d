"""Where tickets wait for somebody."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _


class Queue(models.Model):
    name = models.CharField(_("name"), max_length=80, unique=True)
    # What stands below every reply from here; the language is the ticket's.
    signature = models.TextField(_("signature"), max_length=2000, blank=True)
    is_used = models.BooleanField(_("in use"), default=True)

    objects: ClassVar[models.Manager["Queue"]]

    def __str__(self) -> str:
        return self.name
