"""What a person sends to act upon alerts."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from health.alerts.acts import MOST
from health.alerts.inbox import people_to_assign

SNOOZES = (
    ("1", gettext_lazy("for 1 hour")),
    ("4", gettext_lazy("for 4 hours")),
    ("morning", gettext_lazy("until 8 tomorrow morning")),
    ("72", gettext_lazy("for 3 days")),
    ("168", gettext_lazy("for 7 days")),
)
WHAT = ("acknowledge", "assign", "snooze", "wake")


class ActForm(forms.Form):
    what = forms.ChoiceField(choices=[(one, one) for one in WHAT])
    alert = forms.TypedMultipleChoiceField(coerce=int, required=False)
    to = forms.ModelChoiceField(queryset=people_to_assign(), required=False)
    until = forms.ChoiceField(choices=SNOOZES, required=False)
    reason = forms.CharField(max_length=300, required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen = self.data.getlist("alert") if hasattr(self.data, "getlist") else []
        numbers = [one for one in chosen if one.isdecimal() and one.isascii() and len(one) < 18]
        self.fields["alert"].choices = [(one, one) for one in numbers]  # type: ignore[attr-defined]
        self.fields["to"].queryset = people_to_assign()  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        told = super().clean() or {}
        if not told.get("alert"):
            raise forms.ValidationError(_("Choose at least one alert."))
        if len(told["alert"]) > MOST:
            raise forms.ValidationError(_("Choose at most %(most)d alerts at once.") % {"most": MOST})
        if told.get("what") == "snooze" and not (told.get("until") and told.get("reason", "").strip()):
            raise forms.ValidationError(_("Say in a few words why it can wait, and until when."))
        return told


def end_of_snooze(choice: str, *, now: datetime) -> datetime:
    if choice == "morning":
        local = timezone.localtime(now) + timedelta(days=1)
        return local.replace(hour=8, minute=0, second=0, microsecond=0)
    return now + timedelta(hours=int(choice))
