"""What the palette finds of the desk: tickets by number, word or mail address."""

from django.urls import reverse

from csp_portal.found import Found, Search
from support.access import visible_tickets
from support.lists.search import search_page
from support.models import Status

MOST = 6


def find_tickets(search: Search) -> list[Found]:
    """Newest first; the one whose number was written comes before them."""
    if not search.parts:
        return []
    rows = visible_tickets(search.user).select_related("customer").defer("impact")
    page = search_page(rows, words=" ".join(search.parts), mark="", size=MOST)
    return [
        Found(
            title=str(ticket),
            detail=f"{ticket.customer.name if ticket.customer else '?'} · {Status(ticket.status).label}",
            symbol="circle-check" if ticket.is_ended else "ticket",
            address=f"{reverse('support:ticket_list')}{ticket.pk}/",
        )
        for ticket in page.rows[:MOST]
    ]
