"""The only door to tickets: those of customers a person may see, and of nobody's only for who sees all customers."""

from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.access import of_visible_customers
from support.models import Ticket, TicketQuerySet


def visible_tickets(user: User) -> TicketQuerySet:
    return of_visible_customers(TicketQuerySet(Ticket), user=user)


def sees_ticket(user: User, number: int) -> bool:
    """Whether it can be this person's: a ticket given to who does not see its customer would be lost."""
    return visible_tickets(user).filter(pk=number).exists()


def get_ticket(user: User, number: int) -> Ticket:
    """With its customer and rating, or 404 where there is none that this person may see."""
    found = visible_tickets(user).select_related("customer", "rating").filter(pk=number).first()
    if found is None:
        raise Http404(_("There is no such ticket, or you may not see it."))
    return found
