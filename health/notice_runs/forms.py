"""The forms of runs and of the words of notices."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from customers.access import visible_groups
from customers.models import Contact, CustomerGroup, Tier
from health.models import NoticeRun, NoticeText
from health.notice_runs.texts import Words
from health.notice_runs.words import OF_CONTACT, OF_ISSUE, problems_of

LINE = {"class": "form-control", "autocomplete": "off"}
LANGUAGES = [(code, code.replace("-", "_"), name) for code, name in settings.LANGUAGES]


class ManualForm(forms.Form):
    """What a run in our own words begins with."""

    title = forms.CharField(label=gettext_lazy("Subject"), max_length=200, widget=forms.TextInput(attrs=LINE))
    topic = forms.ChoiceField(
        label=gettext_lazy("For contacts who want to be told of"),
        choices=Contact.Topic.choices,
        widget=forms.Select(attrs={"class": "form-select"}),
    )


class RunForm(forms.ModelForm[NoticeRun]):
    """Whom a draft is for, when mails may leave, and its words in each language."""

    edition = forms.IntegerField(widget=forms.HiddenInput)
    groups_in = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Only customers of these groups"),
        queryset=CustomerGroup.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    groups_out = forms.ModelMultipleChoiceField(
        label=gettext_lazy("Not customers of these groups"),
        queryset=CustomerGroup.objects.none(),
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    tiers = forms.MultipleChoiceField(
        label=gettext_lazy("Only customers of these support tiers"),
        choices=Tier.choices,
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    per_minute = forms.IntegerField(
        label=gettext_lazy("Mails a minute"),
        min_value=1,
        max_value=600,
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    class Meta:
        model = NoticeRun
        fields = (
            *("topic", "audience", "tiers", "per_minute", "in_contract_hours", "quiet_from", "quiet_to"),
            *("is_urgent", "urgent_reason"),
        )
        widgets = {
            "topic": forms.Select(attrs={"class": "form-select"}),
            "audience": forms.Select(attrs={"class": "form-select"}),
            "quiet_from": forms.TimeInput(attrs={"class": "form-control", "type": "time"}, format="%H:%M"),
            "quiet_to": forms.TimeInput(attrs={"class": "form-control", "type": "time"}, format="%H:%M"),
            "in_contract_hours": forms.CheckboxInput(attrs={"class": "form-check-input"}),
            "is_urgent": forms.CheckboxInput(attrs={"class": "form-check-input"}),
            "urgent_reason": forms.TextInput(attrs=LINE),
        }

    def __init__(self, *args: Any, user: User, texts: Mapping[str, NoticeText], **kwargs: Any) -> None:
        run: NoticeRun = kwargs["instance"]
        groups = {name: list(getattr(run, name).all()) for name in ("groups_in", "groups_out")}
        kwargs["initial"] = {"edition": run.edition, **groups}
        super().__init__(*args, **kwargs)
        known = visible_groups(user)
        for name in ("groups_in", "groups_out"):
            self.fields[name].queryset = known  # type: ignore[attr-defined]  # of a ModelChoiceField
        names = {group.pk for group in known}
        self.kept = {name: [group for group in found if group.pk not in names] for name, found in groups.items()}
        if run.issue_id is None:
            self.fields["audience"].choices = NoticeRun.Audience.choices[-1:]  # type: ignore[attr-defined]
        for code, key, language in LANGUAGES:
            _add_words(self.fields, key=key, name=str(language), words=texts.get(code))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if bool(cleaned.get("quiet_from")) != bool(cleaned.get("quiet_to")):
            self.add_error("quiet_to", _("Say both when quiet begins and when it ends, or neither."))
        for _code, key, _word in LANGUAGES:
            for field in (f"subject_{key}", f"text_{key}"):
                for problem in problems_of(cleaned.get(field) or "", known=OF_CONTACT):
                    self.add_error(field, problem)
        return cleaned

    def words(self) -> dict[str, Words]:
        return {
            code: Words(subject=self.cleaned_data[f"subject_{key}"], text=self.cleaned_data[f"text_{key}"])
            for code, key, _name in LANGUAGES
        }

    def facts(self) -> dict[str, Any]:
        """Groups whose names are not for the person who writes stay: without them the run would reach more people."""
        groups = {name: [*self.cleaned_data[name], *kept] for name, kept in self.kept.items()}
        return {**{name: self.cleaned_data[name] for name in self.Meta.fields}, **groups}

    def word_fields(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        """Language, subject and text, for the page."""
        return [(str(name), self[f"subject_{key}"], self[f"text_{key}"]) for _code, key, name in LANGUAGES]


class TemplateForm(forms.Form):
    """Our own words for a kind of notice in one language."""

    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=200, widget=forms.TextInput(attrs=LINE))
    text = forms.CharField(
        label=gettext_lazy("Text"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 18}),
    )

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        for name in ("subject", "text"):
            for problem in problems_of(cleaned.get(name) or "", known={**OF_CONTACT, **OF_ISSUE}):
                self.add_error(name, problem)
        return cleaned


def _add_words(fields: dict[str, forms.Field], *, key: str, name: str, words: NoticeText | None) -> None:
    fields[f"subject_{key}"] = forms.CharField(
        label=_("Subject"),
        required=False,
        max_length=200,
        initial=words.subject if words else "",
        widget=forms.TextInput(attrs={**LINE, "aria-label": f"{_('Subject')} ({name})"}),
    )
    fields[f"text_{key}"] = forms.CharField(
        label=_("Text"),
        required=False,
        max_length=20_000,
        strip=False,
        initial=words.text if words else "",
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 16, "aria-label": f"{_('Text')} ({name})"}),
    )
