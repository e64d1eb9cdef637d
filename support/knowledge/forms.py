"""The forms of runbooks: one to write, one to judge."""

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from health.models import Service
from support.models import Family, Kind, Runbook

_INPUT = {"class": "form-control", "autocomplete": "off"}
_SELECT = {"class": "form-select"}


def service_names() -> list[str]:
    """Microsoft's services by name, each once however many clouds have it."""
    return list(Service.objects.order_by("name").values_list("name", flat=True).distinct())


class RunbookForm(forms.Form):
    title = forms.CharField(label=_("Title"), max_length=150, widget=forms.TextInput(attrs=_INPUT))
    family = forms.ChoiceField(
        label=_("Product family"),
        choices=[("", _("any")), *Family.choices],
        required=False,
        widget=forms.Select(attrs=_SELECT),
    )
    service_name = forms.ChoiceField(label=_("Service"), required=False, widget=forms.Select(attrs=_SELECT))
    kind = forms.ChoiceField(
        label=_("Kind"), choices=[("", _("any")), *Kind.choices], required=False, widget=forms.Select(attrs=_SELECT)
    )
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES, widget=forms.Select(attrs=_SELECT))
    words = forms.CharField(
        label=_("What customers say"),
        help_text=_("The words by which it is found and offered: password, prompt, 密碼."),
        max_length=300,
        required=False,
        widget=forms.TextInput(attrs=_INPUT),
    )
    steps = forms.CharField(
        label=_("Steps"),
        help_text=_("Markdown: 1. steps, - lists, **strong**, `code`, [words](https://…)."),
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 16}),
    )
    version = forms.IntegerField(required=False, min_value=1, widget=forms.HiddenInput())

    def __init__(self, *args: Any, runbook: Runbook | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = service_names()
        if runbook and runbook.service_name and runbook.service_name not in names:
            names.append(runbook.service_name)  # Microsoft renamed it since
        field: Any = self.fields["service_name"]
        field.choices = [("", _("any")), *((name, name) for name in names)]

    def values(self) -> dict[str, str]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


class RatingForm(forms.Form):
    helped = forms.ChoiceField(choices=[("yes", _("Helped")), ("no", _("Did not help"))])
    word = forms.CharField(max_length=300, required=False)
    ticket = forms.IntegerField(required=False, min_value=1, max_value=2**31 - 1)


class WishForm(forms.Form):
    text = forms.CharField(
        label=_("What would be better?"),
        max_length=1000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 2}),
    )
