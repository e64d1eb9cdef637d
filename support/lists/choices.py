"""What drop-downs of the desk offer: read once in a while for all who look, not for each page."""

from django.db.models import Value
from django.utils.translation import gettext as _

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.rights import CAPABILITIES, Capability, SignedInRequest
from customers.pictures import shared
from support.models import Macro, Queue, Ticket
from support.ticket_forms import TicketForm, services_of


def ticket_choices() -> tuple[list[tuple[int, str]], list[tuple[int, str]]]:
    """Those of us who may own a ticket, and the queues; one statement for both."""
    roles = [role for role in Role if Capability.WORK_TICKETS in CAPABILITIES[role]]
    people = User.objects.filter(role__in=roles, is_active=True).values_list("pk", "name", Value(True))
    found = list(people.union(Queue.objects.values_list("pk", "name", Value(False)), all=True))
    found.sort(key=lambda one: (one[1].casefold(), one[0]))
    return [one[:2] for one in found if one[2]], [one[:2] for one in found if not one[2]]


def macro_choices() -> list[tuple[int, str]]:
    return list(Macro.objects.order_by("name").values_list("pk", "name"))


def offer_quickly(form: TicketForm, ticket: Ticket, *, request: SignedInRequest) -> TicketForm:
    """Draw the form's drop-downs from what is shared; what is sent back is still looked up in the database."""
    owners, queues = shared(request, "ticket-choices", [], make=ticket_choices)
    cloud = ticket.customer.cloud if ticket.customer else None
    services = shared(
        request, "service-choices", [cloud], make=lambda: list(services_of(cloud).values_list("pk", "name"))
    )
    offered = {"owner": [("", _("nobody yet")), *owners], "queue": queues, "service": [("", "–"), *services]}
    for name, choices in offered.items():
        form.fields[name].widget.choices = choices
    return form
