"""Why Microsoft sent a request back."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from support.models.baseline import Baseline
from support.models.escalation import Escalation


class EscalationBounce(models.Model):
    """Coded, so that the same cause is counted together and can become an item of the checklist."""

    class Reason(models.TextChoices):
        WRONG_PLAN = "WRONG_PLAN", _("Wrong support plan")
        NOT_ENTITLED = "NOT_ENTITLED", _("Not entitled")
        NO_PERMISSION = "NO_PERMISSION", _("Our permission is missing")
        MISSING_ID = "MISSING_ID", _("An ID or log is missing")
        NO_REPRODUCTION = "NO_REPRODUCTION", _("Can't be reproduced")
        WRONG_PRODUCT = "WRONG_PRODUCT", _("Wrong product or team")
        WRONG_SEVERITY = "WRONG_SEVERITY", _("Wrong severity")
        DUPLICATE = "DUPLICATE", _("There is such a request already")
        OTHER = "OTHER", _("Something else")

    escalation = models.ForeignKey(Escalation, on_delete=models.CASCADE, related_name="bounces")
    reason = models.CharField(_("reason"), max_length=20, choices=Reason.choices)
    words = models.CharField(_("what Microsoft said"), max_length=1000, blank=True)
    at = models.DateTimeField()
    by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.SET_NULL, null=True, related_name="+")
    # The version of the checklist that asks for it since.
    asked_by = models.ForeignKey(Baseline, on_delete=models.SET_NULL, null=True, blank=True, related_name="+")

    objects: ClassVar[models.Manager["EscalationBounce"]]

    def __str__(self) -> str:
        return f"{self.reason} of escalation {self.escalation_id}"
