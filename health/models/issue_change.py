"""What Microsoft changed about an issue that we knew: its status and its class, as readings showed it."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from health.models.issue import Issue


class IssueChange(models.Model):
    """Both values as Microsoft wrote them."""

    class What(models.TextChoices):
        STATUS = "STATUS", _("Status")
        CLASS = "CLASS", _("Class")

    issue = models.ForeignKey(Issue, on_delete=models.CASCADE, related_name="changes")
    at = models.DateTimeField()
    what = models.CharField(max_length=10, choices=What.choices)
    before = models.CharField(max_length=60, blank=True)
    after = models.CharField(max_length=60, blank=True)

    objects: ClassVar[models.Manager["IssueChange"]]

    def __str__(self) -> str:
        return f"{self.what} of issue {self.issue_id}: {self.before} → {self.after}"
