"""What Celery does for customers: it wakes, claims the rows that are due, and hands over their ids."""

from datetime import timedelta
from uuid import UUID

from celery import shared_task
from django.utils import timezone

from customers.consents import learn_consents
from customers.expiry_mail import note_marks, send_due_notices
from customers.gdap.carry_out import BATCH, carry_out, claim_items
from customers.gdap.cells import add_missing, mark_consents, reckon_due
from customers.gdap.drift import check_due
from customers.gdap.end_alerts import note_access_ends
from customers.gdap.feeds import add_missing_feeds, claim_feeds
from customers.gdap.onboarding import propose_all
from customers.gdap.parts import claim_parts, read_parts
from customers.gdap.reading import read_feed
from customers.gdap.store import link_customers
from customers.links import read_links_of
from customers.models import Connection, Feed
from customers.rounds import claim_imports, run_import

LINKS_BATCH = 25
LINKS_PER_SWEEP = 500
ORDERS_PER_SWEEP = 500
PARTS_BATCH = 25
PARTS_PER_SWEEP = 250
LINKS_LEASE = timedelta(minutes=10)
RECKONINGS_PER_SWEEP = 10


@shared_task(name="customers.sweep_imports")
def sweep_imports() -> None:
    for connection_id in claim_imports():
        import_customers.delay(str(connection_id))


@shared_task(name="customers.import_customers")
def import_customers(connection_id: str) -> None:
    connection = Connection.objects.filter(pk=UUID(connection_id), is_paused=False).first()
    if connection is not None:
        run_import(connection, now=timezone.now())


@shared_task(name="customers.sweep_links")
def sweep_links() -> None:
    claims = Feed.objects.claim_due(Feed.Kind.LINKS, limit=LINKS_PER_SWEEP, lease=LINKS_LEASE)
    for start in range(0, len(claims), LINKS_BATCH):
        read_links.delay(claims[start : start + LINKS_BATCH])


@shared_task(name="customers.read_links")
def read_links(claims: list[tuple[int, int]]) -> None:
    read_links_of([(feed_id, epoch) for feed_id, epoch in claims], now=timezone.now())


@shared_task(name="customers.announce_expiry")
def announce_expiry() -> None:
    note_marks(now=timezone.now())
    send_due_notices(now=timezone.now())


@shared_task(name="customers.announce_access_ends")
def announce_access_ends() -> None:
    note_access_ends(now=timezone.now())


@shared_task(name="customers.reckon_capabilities")
def reckon_capabilities() -> None:
    """A batch of the matrix at a time, each in a transaction of its own, so that no row is held for long."""
    add_missing()
    mark_consents()
    for _batch in range(RECKONINGS_PER_SWEEP):
        if reckon_due(now=timezone.now()) == 0:
            return


@shared_task(name="customers.sweep_orders")
def sweep_orders() -> None:
    claims = claim_items(limit=ORDERS_PER_SWEEP)
    for start in range(0, len(claims), BATCH):
        carry_out_orders.delay(claims[start : start + BATCH])


@shared_task(name="customers.carry_out_orders")
def carry_out_orders(claims: list[tuple[int, int]]) -> None:
    carry_out([(item_id, epoch) for item_id, epoch in claims], now=timezone.now())


@shared_task(name="customers.sweep_gdap")
def sweep_gdap() -> None:
    add_missing_feeds()
    for connection in Connection.objects.all():
        link_customers(connection)  # of whom relationships were read before they were ours
    for feed_id, epoch in claim_feeds():
        read_gdap_list.delay(feed_id, epoch)


@shared_task(name="customers.read_gdap_list")
def read_gdap_list(feed_id: int, epoch: int) -> None:
    read_feed((feed_id, epoch), now=timezone.now())


@shared_task(name="customers.sweep_gdap_parts")
def sweep_gdap_parts() -> None:
    claims = claim_parts(limit=PARTS_PER_SWEEP)
    for start in range(0, len(claims), PARTS_BATCH):
        read_gdap_parts.delay(claims[start : start + PARTS_BATCH])


@shared_task(name="customers.read_gdap_parts")
def read_gdap_parts(claims: list[tuple[int, int]]) -> None:
    read_parts([(relationship_id, epoch) for relationship_id, epoch in claims], now=timezone.now())


@shared_task(name="customers.hold_against_templates")
def hold_against_templates() -> None:
    """Who drifted from a template, and to whom a rule proposes an invitation."""
    check_due(now=timezone.now())
    propose_all(now=timezone.now())


@shared_task(name="customers.learn_consents")
def learn_what_is_consented() -> None:
    learn_consents(now=timezone.now())
