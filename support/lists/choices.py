"""What drop-downs of the desk offer: read once in a while for all who look, not for each page."""

from dataclasses import dataclass

from django.db.models import Value
from django.utils.translation import gettext as _

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.rights import CAPABILITIES, Capability, SignedInRequest
from customers.pictures import shared
from support.models import Macro, Queue, Ticket
from support.ticket_forms import TicketForm, services_of

_BESIDE_PEOPLE = ((Queue, "queues"), (Macro, "macros"))


@dataclass(frozen=True, kw_only=True, slots=True)
class Choices:
    """Keys and names; those of us who may own a ticket, the queues, and the macros."""

    owners: list[tuple[int, str]]
    queues: list[tuple[int, str]]
    macros: list[tuple[int, str]]


def ticket_choices() -> Choices:
    """One statement for all."""
    roles = [role for role in Role if Capability.WORK_TICKETS in CAPABILITIES[role]]
    people = User.objects.filter(role__in=roles, is_active=True).values_list("pk", "name", Value("owners"))
    others = (model.objects.values_list("pk", "name", Value(name)) for model, name in _BESIDE_PEOPLE)
    rows = sorted(people.union(*others, all=True), key=lambda one: (one[1].casefold(), one[0]))
    return Choices(**{kind: [row[:2] for row in rows if row[2] == kind] for kind in ("owners", "queues", "macros")})


def offer_quickly(form: TicketForm, ticket: Ticket, *, request: SignedInRequest) -> TicketForm:
    """Draw the form's drop-downs from what is shared; what is sent back is still looked up in the database."""
    choices = shared(request, "ticket-choices", [], make=ticket_choices)
    cloud = ticket.customer.cloud if ticket.customer else None
    services = shared(
        request, "service-choices", [cloud], make=lambda: list(services_of(cloud).values_list("pk", "name"))
    )
    offered = {
        "owner": [("", _("nobody yet")), *choices.owners],
        "queue": choices.queues,
        "service": [("", "–"), *services],
    }
    for name, rows in offered.items():
        form.fields[name].widget.choices = rows
    return form
