"""Forms of a ticket: a new one, what is said, and its fields."""

from collections.abc import Mapping
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import Role, User
from csp_portal.quick_select import QuickArea, QuickSelect, QuickText
from customers.models import Contact, Customer
from health.models import Service
from health.suspicions import customers_named
from support.access import sees_ticket
from support.models import Entry, Family, Kind, Queue, Severity, Status, Ticket
from support.recipients import parse_addresses, strangers_among
from support.tools.canned import why_not_sent

LONGEST = 50_000


def _text(**attrs: Any) -> forms.TextInput:
    return QuickText(attrs={"class": "form-control", "autocomplete": "off", **attrs})


def _area(rows: int, **attrs: Any) -> forms.Textarea:
    return QuickArea(attrs={"class": "form-control", "rows": rows, **attrs})


def _select() -> forms.Select:
    return QuickSelect(attrs={"class": "form-select"})


def services_of(cloud: str | None) -> Any:
    services = Service.objects.order_by("name")
    return services.filter(cloud=cloud) if cloud else services


class NewTicketForm(forms.Form):
    """What one of us notes while a customer is on the phone: the customer's words first, the rest has a default."""

    customer = forms.CharField(
        label=gettext_lazy("Customer"),
        help_text=gettext_lazy("Name, domain or tenant ID."),
        max_length=400,
        widget=_text(list="known-customers"),
    )
    requester_name = forms.CharField(label=gettext_lazy("Who asked"), max_length=200, required=False, widget=_text())
    requester_address = forms.EmailField(
        label=gettext_lazy("Their mail address"),
        required=False,
        widget=forms.EmailInput(attrs={"class": "form-control"}),
    )
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250, widget=_text())
    text = forms.CharField(
        label=gettext_lazy("What they said"),
        help_text=gettext_lazy("In the customer's words: the customer can read it."),
        max_length=LONGEST,
        widget=_area(7),
    )
    family = forms.ChoiceField(label=gettext_lazy("Product family"), choices=Family.choices, widget=_select())
    service = forms.ModelChoiceField(
        label=gettext_lazy("Service"), queryset=Service.objects.none(), required=False, widget=_select()
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices, initial=Kind.TECHNICAL, widget=_select())
    severity = forms.ChoiceField(
        label=gettext_lazy("Severity"), choices=Severity.choices, initial=Severity.C, widget=_select()
    )
    impact = forms.CharField(
        label=gettext_lazy("Business impact"),
        help_text=gettext_lazy("Who can't work, since when. Severity A needs it."),
        required=False,
        max_length=2000,
        widget=_area(2),
    )
    queue = forms.ModelChoiceField(label=gettext_lazy("Queue"), queryset=Queue.objects.none(), widget=_select())

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user
        queues = Queue.objects.filter(is_used=True).order_by("name")
        self.fields["queue"].queryset = queues  # type: ignore[attr-defined]  # of a ModelChoiceField
        self.fields["queue"].initial = queues.first()
        self.fields["service"].queryset = services_of(None)  # type: ignore[attr-defined]  # the same
        self.fields["service"].empty_label = "–"  # type: ignore[attr-defined]  # the same

    def clean_customer(self) -> Customer:
        found, _unclear = customers_named(self.cleaned_data["customer"], user=self.user)
        if len(found) != 1:
            raise forms.ValidationError(
                _("No customer, or more than one, has this name. Enter its domain or tenant ID.")
            )
        return found[0]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("severity") == Severity.A and not cleaned.get("impact"):
            self.add_error("impact", _("Say who can't work, since when: severity A needs it."))
        customer, service = cleaned.get("customer"), cleaned.get("service")
        if customer and service and service.cloud != customer.cloud:
            same = Service.objects.filter(cloud=customer.cloud, microsoft_id=service.microsoft_id).first()
            cleaned["service"] = same
        return cleaned


class SayForm(forms.Form):
    """A note, or a reply with its recipients; whatever is wrong, the text stays."""

    kind = forms.ChoiceField(
        choices=[(Entry.Kind.NOTE, gettext_lazy("Internal note")), (Entry.Kind.REPLY, gettext_lazy("Reply"))],
        initial=Entry.Kind.NOTE,
    )
    text = forms.CharField(label=gettext_lazy("Text"), max_length=LONGEST, widget=_area(6))
    to = forms.CharField(label=gettext_lazy("To"), required=False, max_length=4000, widget=_text())
    cc = forms.CharField(label=gettext_lazy("Copy to"), required=False, max_length=4000, widget=_text())
    is_meant = forms.BooleanField(
        label=gettext_lazy("Yes, it goes to addresses outside of this customer"), required=False
    )
    status = forms.ChoiceField(label=gettext_lazy("Then"), required=False, widget=_select())

    def __init__(self, *args: Any, ticket: Ticket, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.ticket = ticket
        self.strangers: list[str] = []
        kept = [("", _("leave the status as it is"))]
        self.fields["status"].choices = [*kept, *Status.choices]  # type: ignore[attr-defined]  # of a ChoiceField

    def clean_to(self) -> list[str]:
        return parse_addresses(self.cleaned_data["to"])

    def clean_cc(self) -> list[str]:
        return parse_addresses(self.cleaned_data["cc"])

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("kind") != Entry.Kind.REPLY or self.errors:
            return cleaned
        if unfilled := why_not_sent(cleaned["text"]):
            self.add_error("text", unfilled)
        if not cleaned["to"]:
            self.add_error("to", _("Nobody would get this reply: enter an address, or make it an internal note."))
            return cleaned
        self.strangers = strangers_among([*cleaned["to"], *cleaned["cc"]], ticket=self.ticket)
        if self.strangers and not cleaned["is_meant"]:
            words = _("Not an address of this customer: %(names)s. Take it away, or say below that it is meant.")
            self.add_error("to", words % {"names": ", ".join(self.strangers)})
        return cleaned


class TicketForm(forms.Form):
    """The fields beside the conversation; `version` is what the person had before their eyes."""

    version = forms.IntegerField(widget=forms.HiddenInput())
    status = forms.ChoiceField(label=gettext_lazy("Status"), choices=Status.choices, widget=_select())
    owner = forms.ModelChoiceField(
        label=gettext_lazy("Owner"),
        queryset=User.objects.none(),
        required=False,
        widget=_select(),
        empty_label=gettext_lazy("nobody yet"),
    )
    queue = forms.ModelChoiceField(label=gettext_lazy("Queue"), queryset=Queue.objects.none(), widget=_select())
    severity = forms.ChoiceField(label=gettext_lazy("Severity"), choices=Severity.choices, widget=_select())
    impact = forms.CharField(label=gettext_lazy("Business impact"), required=False, max_length=2000, widget=_area(2))
    family = forms.ChoiceField(label=gettext_lazy("Product family"), choices=Family.choices, widget=_select())
    service = forms.ModelChoiceField(
        label=gettext_lazy("Service"), queryset=Service.objects.none(), required=False, widget=_select()
    )
    kind = forms.ChoiceField(label=gettext_lazy("Kind"), choices=Kind.choices, widget=_select())
    subject = forms.CharField(label=gettext_lazy("Subject"), max_length=250, widget=_text())
    contact = forms.ModelChoiceField(
        label=gettext_lazy("Contact"), queryset=Contact.objects.none(), required=False, widget=_select()
    )
    language = forms.ChoiceField(label=gettext_lazy("Language"), choices=settings.LANGUAGES, widget=_select())
    tags = forms.CharField(
        label=gettext_lazy("Tags"),
        help_text=gettext_lazy("Apart from each other by commas."),
        required=False,
        max_length=400,
        widget=_text(),
    )

    def __init__(self, data: Mapping[str, Any] | None = None, *, ticket: Ticket) -> None:
        super().__init__(data, initial=shown_fields(ticket))
        self.ticket = ticket
        contacts = ticket.customer.contacts.kept().order_by("name") if ticket.customer else Contact.objects.none()
        offered = {
            "owner": people_of_the_desk().only("name"),
            "queue": Queue.objects.order_by("name").only("name"),
            "service": services_of(ticket.customer.cloud if ticket.customer else None).only("name"),
            "contact": contacts.only("name", "customer"),
        }
        for name, rows in offered.items():
            self.fields[name].queryset = rows  # type: ignore[attr-defined]  # of a ModelChoiceField
        for name in ("service", "contact"):
            self.fields[name].empty_label = "–"  # type: ignore[attr-defined]  # the same
        for name in ("owner", "service", "contact"):
            self.fields[name].label_from_instance = _name_of  # type: ignore[attr-defined]  # the same

    def clean_owner(self) -> User | None:
        owner: User | None = self.cleaned_data["owner"]
        if owner and owner.pk != self.ticket.owner_id and not sees_ticket(owner, self.ticket.pk):
            words = _("%(name)s does not see this customer's tickets. Choose somebody who does.")
            raise forms.ValidationError(words, params={"name": owner.name})
        return owner

    def clean_tags(self) -> list[str]:
        tags = [" ".join(tag.split()) for tag in self.cleaned_data["tags"].split(",")]
        if any(len(tag) > 40 for tag in tags):
            raise forms.ValidationError(_("A tag may have 40 characters."))
        return list(dict.fromkeys(filter(None, tags)))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if cleaned.get("severity") == Severity.A and not cleaned.get("impact"):
            self.add_error("impact", _("Say who can't work, since when: severity A needs it."))
        return cleaned

    def values(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name != "version"}


def people_of_the_desk() -> Any:
    """Whom a ticket can be given to."""
    roles = (Role.SUPPORT_AGENT, Role.ACCESS_ADMIN, Role.OWNER)
    return User.objects.filter(is_active=True, role__in=roles).order_by("name")


def _name_of(row: User | Service | Contact) -> str:
    return row.name


def shown_fields(ticket: Ticket) -> dict[str, Any]:
    """The fields as the page shows them, and as it would send them back untouched."""
    names = ("version", "status", "severity", "impact", "family", "kind", "subject", "language")
    shown = {name: getattr(ticket, name) for name in names}
    keys = {name: getattr(ticket, f"{name}_id") for name in ("owner", "queue", "service", "contact")}
    return {**shown, **keys, "tags": ", ".join(ticket.tags)}
