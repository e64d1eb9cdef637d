"""`manage.py seed`: a lifelike partner in one go, never by accident beside real customers."""

import io

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from customers.models import Connection, Customer, Feed, Reckoning, Relationship, State
from health.dashboard import take_census
from health.models import Exposure, Issue, Post, ServiceState
from support.access import visible_tickets
from support.changes import change
from support.lists.indexing import index_ticket
from support.lists.search import search_page
from support.models import TicketWords, TurnSpan

pytestmark = pytest.mark.django_db(transaction=True)


def seed(*more: str) -> str:
    out = io.StringIO()
    call_command("seed", "--customers", "400", "--issues", "60", "--tickets", "800", *more, stdout=out)
    return out.getvalue()


def test_it_fills_every_table_and_what_is_rolled_up_agrees() -> None:
    assert "400 customers" in seed()
    read = Feed.objects.filter(kind=Feed.Kind.HEALTH, read_at__isnull=False).count()
    assert ServiceState.objects.count() == 25 * read
    assert Issue.objects.count() == 60
    assert Post.objects.filter(html__contains="<script").count() == 0
    for customer in Customer.objects.filter(unknown_because="", feeds__kind="HEALTH", feeds__read_at__isnull=False):
        assert customer.health == min(customer.service_states.values_list("state", flat=True))
    for issue in Issue.objects.all():
        assert issue.exposed_customers == Exposure.objects.filter(issue=issue, cleared_at=None).count()


def test_the_portal_shows_unknown_and_stale_ones_among_them() -> None:
    seed()
    user = User.objects.create_local("v@partner.example", name="V", role=Role.VIEWER, password="correct horse battery")
    census = take_census(user, now=timezone.now())
    assert census.customers == 400
    assert all(census.by_state[state] for state in State)


def test_it_refuses_a_database_with_customers_unless_told() -> None:
    seed()
    with pytest.raises(CommandError, match="--into-existing"):
        seed()
    with pytest.raises(CommandError, match="another number"):
        seed("--into-existing")
    seed("--into-existing", "--seed", "2")
    assert Customer.objects.count() == 800


def test_nobody_asks_microsoft_for_tenants_that_do_not_exist() -> None:
    seed()
    assert set(Connection.objects.values_list("is_paused", flat=True)) == {True}


def test_customers_granted_us_access_and_what_that_allows_is_reckoned() -> None:
    assert "relationships" in seed()
    assert 500 < Relationship.objects.count() < 700
    assert Reckoning.objects.filter(reckoned_at__isnull=False).count() == 400
    seen = {cause for row in Reckoning.objects.all() for cause in row.causes}
    assert {"NO_RELATIONSHIP", "NO_ASSIGNMENT"} <= seen
    assert Reckoning.objects.filter(cells__contains=["M365_TICKETS:"]).count() > 200


def test_the_desk_has_tickets_that_are_found_as_if_people_had_written_them() -> None:
    assert "800 tickets" in seed()
    user = User.objects.create_local("v@partner.example", name="V", role=Role.VIEWER, password="correct horse battery")
    rows = visible_tickets(user)
    assert rows.count() == TurnSpan.objects.filter(ended_at=None).count() == 800
    assert 0 < rows.unended().count() < 80
    ticket = rows.filter(subject__startswith="Outlook asks", status="CLOSED").order_by("pk")[0]
    for words in (f"po{ticket.pk} outlook", ticket.requester_address, f"#{ticket.pk}", "outlook password"):
        assert ticket.pk in [row.pk for row in search_page(rows, words=words, mark="", size=800).rows]
    before = TicketWords.objects.get(ticket=ticket).words
    index_ticket(ticket)
    assert TicketWords.objects.get(ticket=ticket).words == before
    assert change(ticket.pk, values={"status": "OPEN"}, by=None, now=timezone.now()).reopened
