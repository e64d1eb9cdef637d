"""The form of a request to Microsoft, with what the portal knows filled in."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from support.escalation.baseline import checklists_of
from support.escalation.contact import THEIR_CONTACT, is_customers
from support.escalation.values import LONGEST_TITLE, PARTS, Filing
from support.models import AzureList, Escalation

_TEXTS = ("symptom", "impact", "reproduction", "tried")
_OF_AZURE = ("subscription_id", "resource_id", "service_id", "problem_id")
_CONTACT = ("first_name", "last_name", "address", "phone", "time_zone", "country", "language")
_HINTS = {
    "impact": gettext_lazy("How many people can't do what, and since when; it decides the severity."),
    "began_at": gettext_lazy("For instance 2026-11-23 10:00, in UTC."),
    "resource_id": gettext_lazy("Offered once the subscription is chosen and saved."),
    "problem_id": gettext_lazy("Offered once the service is chosen and saved."),
    "address": gettext_lazy("One of our own people: Microsoft answers us."),
}


class FilingForm(forms.Form):
    """Everything may be left open while it is a draft; what is missing is named before it is filed."""

    def __init__(
        self, *args: Any, row: Escalation, lists: Mapping[str, AzureList], filing: Filing, **kwargs: Any
    ) -> None:
        super().__init__(*args, **{"initial": filing.as_json(), **kwargs})
        self.row = row
        self.fields["title"] = _line("title", longest=LONGEST_TITLE)
        for name in _TEXTS:
            self.fields[name] = _text(name)
        self.fields["began_at"] = _line("began_at", longest=60)
        is_azure = row.way == Escalation.Way.AZURE_API
        for name in _OF_AZURE if is_azure else ():
            self.fields[name] = _choice(name, found=lists.get(name), chosen=getattr(filing, name))
        for name in _CONTACT if is_azure else _CONTACT[:4]:
            self.fields[name] = _line(name, longest=100)
        if not is_azure:
            return
        self.fields["may_diagnose"] = forms.BooleanField(
            label=_("Microsoft may look into the resource's diagnostic data"),
            required=False,
            widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
        )

    def clean_address(self) -> str:
        address: str = self.cleaned_data["address"]
        if is_customers(address, ticket=self.row.ticket):
            raise forms.ValidationError(THEIR_CONTACT)
        return address

    def filing(self, *, kept: Filing) -> Filing:
        """What was entered; parts that this way has no field for stay as they were."""
        said = {name: value for name, value in self.cleaned_data.items() if value is not None}
        return Filing.from_json({**kept.as_json(), **said})


def filing_of(row: Escalation, *, user: User) -> Filing:
    """What the draft says; at first what is known: the ticket's subject, what was ticked, and who we are."""
    if row.form:
        return Filing.from_json(row.form)
    mine = Escalation.objects.filter(ordered_by=user).exclude(form={}).order_by("-pk").first()
    known = {name: mine.form[name] for name in _CONTACT if name in mine.form} if mine else _contact_of(user)
    ticks = [item for checklist in checklists_of(row.ticket) for item in checklist.items if item.tick]
    tried = "\n".join(f"- {item.texts.get('en', '')}: {item.tick.evidence}" for item in ticks if item.tick)
    return Filing.from_json(
        {**known, "title": row.ticket.subject[:LONGEST_TITLE], "impact": row.ticket.impact, "tried": tried}
    )


def _contact_of(user: User) -> dict[str, str]:
    first, _space, last = user.name.strip().rpartition(" ")
    return {"first_name": first or last, "last_name": last, "address": user.email or ""}


def _label(name: str) -> str:
    return str(PARTS.get(name) or _("Phone of our contact"))


def _line(name: str, *, longest: int) -> forms.CharField:
    widget = forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"})
    return forms.CharField(
        label=_label(name), max_length=longest, required=False, widget=widget, help_text=_HINTS.get(name, "")
    )


def _text(name: str) -> forms.CharField:
    widget = forms.Textarea(attrs={"class": "form-control", "rows": 3})
    return forms.CharField(
        label=_label(name), max_length=5000, required=False, widget=widget, help_text=_HINTS.get(name, "")
    )


def _choice(name: str, *, found: AzureList | None, chosen: str) -> forms.ChoiceField:
    """What Microsoft listed, by name; what was chosen before stays, also where the list no longer has it."""
    things = sorted(found.things, key=lambda thing: thing["name"].casefold()) if found else []
    choices = [(_value(name, thing["id"]), _words(thing)) for thing in things]
    if chosen and chosen not in {value for value, _words_of in choices}:
        choices.insert(0, (chosen, chosen))
    widget = forms.Select(attrs={"class": "form-select"})
    return forms.ChoiceField(
        label=_label(name),
        choices=[("", "–"), *choices],
        required=False,
        widget=widget,
        help_text=found.problem if found and found.problem else _HINTS.get(name, ""),
    )


def _value(name: str, key: str) -> str:
    """Of a subscription its bare ID; of everything else its address in Azure."""
    return key.removeprefix("/subscriptions/") if name == "subscription_id" else key


def _words(thing: Mapping[str, str]) -> str:
    kind = thing.get("kind", "")
    return f"{thing['name']} ({kind})" if kind and not kind.startswith("Microsoft.Support/") else thing["name"]
