"""The first steps with the portal, each ticked by what is there and not by hand."""

from dataclasses import dataclass

from django.db.models import Exists, Model, Q, QuerySet
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Role, User
from csp_portal.notices.models import Rule
from customers.models import Connection, Consent, Customer, Feed, Relationship, RoleTemplate

_Status = Relationship.Status


@dataclass(frozen=True, kw_only=True, slots=True)
class Step:
    """What is to be done, the page where it is done, and whether it is."""

    title: str | Promise
    text: str | Promise
    address: str
    is_done: bool


def first_steps() -> list[Step]:
    """All steps in order; two statements, however much there is."""
    done = _done()
    two_owners = User.objects.filter(role=Role.OWNER, is_active=True).count() > 1
    told = (*(done[name] for name, *_rest in _STEPS[:-1]), two_owners)
    return [
        Step(title=title, text=text, address=reverse(view), is_done=is_done)
        for (_name, title, text, view), is_done in zip(_STEPS, told, strict=True)
    ]


def _done() -> dict[str, bool]:
    """Whether there is a row of each kind, asked in one statement."""
    asked: dict[str, QuerySet[Model]] = {
        "connection": Connection.objects.all(),
        "customers": Customer.objects.all(),
        "relationships": Relationship.objects.all(),
        "template": RoleTemplate.objects.all(),
        "invitation": Relationship.objects.filter(Q(locked_at__isnull=False) | Q(status=_Status.APPROVAL_PENDING)),
        "consent": Consent.objects.filter(state=Consent.State.GIVEN),
        "reading": Feed.objects.filter(kind=Feed.Kind.HEALTH, read_at__isnull=False),
        "target": Rule.objects.filter(is_enabled=True, targets__is_enabled=True),
    }
    seen = {f"has_{name}": Exists(rows) for name, rows in asked.items()}
    row = User.objects.filter(is_active=True).annotate(**seen).values(*seen).first() or {}
    return {name: bool(row.get(f"has_{name}")) for name in asked}


_STEPS = (
    (
        "connection",
        _("Connect your partner tenant"),
        _("The portal reads through an app registration of yours."),
        "settings:connection_new",
    ),
    (
        "customers",
        _("Import your customers"),
        _("It happens by itself once the connection works; test the connection where it does not."),
        "settings:overview",
    ),
    (
        "relationships",
        _("Read the relationships"),
        _("What your customers granted you is read every quarter of an hour."),
        "gdap:relationship_list",
    ),
    (
        "template",
        _("Make a role template"),
        _("It says which of your groups gets which role, with the least rights for each job."),
        "gdap:template_list",
    ),
    (
        "invitation",
        _("Invite a customer"),
        _("A Global Administrator there approves it by a link."),
        "gdap:order_new",
    ),
    (
        "consent",
        _("Have a customer let the application in"),
        _("Each customer's page holds the link for its Global Administrator."),
        "customers:customer_list",
    ),
    (
        "reading",
        _("See the first health"),
        _("It comes by itself after the consent, while a worker runs."),
        "customers:customer_list",
    ),
    (
        "target",
        _("Say who is told of alerts"),
        _("A rule with a target: a mailbox, Teams, Slack or a webhook."),
        "alert_settings:rules",
    ),
    (
        "owner",
        _("Add a second owner"),
        _("So that nobody is locked out when one is away."),
        "accounts:people",
    ),
)
