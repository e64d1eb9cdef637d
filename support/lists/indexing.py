"""Keeps what a ticket is found by."""

from collections.abc import Iterator

from django.db import connection

from support.lists.words import bucket_of, words_of
from support.models import Entry, Ticket

LONGEST_TEXT = 20_000
MOST_ENTRIES = 200
_WRITE = """
INSERT INTO support_ticketwords (ticket_id, words) VALUES (%s, array_to_tsvector(%s))
ON CONFLICT (ticket_id) DO UPDATE SET words = excluded.words
"""


def index_ticket(ticket: Ticket) -> None:
    """Write the words of a ticket that the caller holds locked, in the caller's transaction."""
    words = sorted({bucket_of(ticket.pk), *words_of(_texts(ticket))})
    with connection.cursor() as cursor:
        cursor.execute(_WRITE, [ticket.pk, words])


def _texts(ticket: Ticket) -> Iterator[str]:
    yield f"{ticket.subject} {ticket.requester_name} {ticket.requester_address} {' '.join(ticket.tags)}"
    yield ticket.impact
    if ticket.issue is not None:
        yield ticket.issue.microsoft_id
    said = Entry.objects.filter(ticket=ticket, undone_at__isnull=True).order_by("-at", "-id")
    for name, address, text in said.values_list("sender_name", "sender_address", "text")[:MOST_ENTRIES]:
        yield f"{name} {address} {text[:LONGEST_TEXT]}"
