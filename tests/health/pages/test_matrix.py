"""The matrix: customers × services, only problems unless asked for all, and nothing unknown among the healthy."""

import re
from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Customer, CustomerGroup, Feed, State
from health.models import ServiceState
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of


@pytest.fixture
def broken(customers, sandbox_world):
    sandbox_world.break_service("Exchange Online", tenants=range(3), title="Mail does not move")
    read_everyone()
    return Customer.objects.filter(health=State.INCIDENT).first()


def _drawn(client, address="/matrix/"):
    return client.get(address).context["matrix"]


def test_only_customers_and_services_with_problems_are_shown_the_worst_first(broken, as_viewer):
    drawn = _drawn(as_viewer)

    ranks = [row.customer.health_now for row in drawn.rows]
    assert ranks == sorted(ranks)
    assert ranks[0] == State.INCIDENT and State.HEALTHY not in ranks
    assert "Exchange Online" in drawn.services
    for at, name in enumerate(drawn.services):
        assert any(row.cells[at] and row.cells[at].state_now < State.HEALTHY for row in drawn.rows), name


def test_everything_shows_every_customer_and_service(broken, as_viewer):
    drawn = _drawn(as_viewer, "/matrix/?show=all")

    assert len(drawn.rows) == Customer.objects.count()
    assert len(drawn.services) == ServiceState.objects.values("service__name").distinct().count()


def test_every_cell_says_icon_word_and_age_and_leads_to_the_customer(broken, as_viewer):
    page = as_viewer.get("/matrix/").content.decode()

    state = ServiceState.objects.get(customer=broken, service__name="Exchange Online")
    cell = re.search(rf'<a href="/customers/{broken.tenant_id}/health/#service-{state.pk}".*?</a>', page).group()
    assert 'class="cell is-incident"' in cell
    assert "#alert-octagon" in cell and "<span>Incident</span>" in cell and "<small>" in cell
    assert f"Exchange Online · {broken.name}: " in cell


def test_a_customer_that_can_no_longer_be_read_is_unknown_in_every_cell_and_count(broken, as_viewer):
    healthy = Customer.objects.filter(health=State.HEALTHY).first()
    before = as_viewer.get("/matrix/").context["counts"]
    Feed.objects.filter(customer=healthy).update(read_at=timezone.now() - timedelta(days=1))

    answer = as_viewer.get("/matrix/?state=unknown")

    row = next(row for row in answer.context["matrix"].rows if row.customer == healthy)
    assert {cell.state_now for cell in row.cells if cell} == {State.UNKNOWN}
    counts = answer.context["counts"]
    assert counts[State.HEALTHY] == before[State.HEALTHY] - 1
    assert counts[State.UNKNOWN] == before[State.UNKNOWN] + 1
    assert sum(counts.values()) == Customer.objects.count()


def test_one_service_and_one_state_narrow_it(broken, as_viewer):
    assert _drawn(as_viewer, "/matrix/?service=Exchange Online").services == ("Exchange Online",)
    rows = _drawn(as_viewer, "/matrix/?state=incident").rows
    assert {row.customer.health_now for row in rows} == {State.INCIDENT}
    assert _drawn(as_viewer, f"/matrix/?q={broken.domain}&show=all").rows[0].customer == broken
    assert "No customer fits" in text_of(as_viewer, "/matrix/?show=all&q=nobody-at-all")


def test_nonsense_in_the_address_is_as_if_it_were_not_there(broken, as_viewer):
    assert len(_drawn(as_viewer, "/matrix/?state=x&cloud=x&page=x&service=%00&connection=x").rows) > 0


def test_without_a_problem_it_says_so_and_leads_to_everything(customers, as_viewer):
    read_everyone()
    Customer.objects.exclude(health=State.HEALTHY).update(gone_at=timezone.now())

    assert "No problems" in text_of(as_viewer, "/matrix/")
    assert 'href="?show=all"' in as_viewer.get("/matrix/").content.decode()


def test_a_person_sees_only_the_customers_of_the_scope(broken, as_viewer, viewer):
    group = CustomerGroup.objects.create(name="Ours")
    group.added.add(broken)
    group.people.add(viewer)
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)

    answer = as_viewer.get("/matrix/?show=all")

    assert [row.customer for row in answer.context["matrix"].rows] == [broken]
    assert sum(answer.context["counts"].values()) == 1


def test_takes_as_many_statements_for_many_customers_as_for_few(broken, as_viewer, statements):
    few = statements(as_viewer, "/matrix/?q=" + broken.domain)

    assert statements(as_viewer, "/matrix/?show=all") == few


def test_htmx_redraws_only_the_matrix(broken, as_viewer):
    assert as_viewer.get("/matrix/", headers={"HX-Request": "true"}).content.lstrip().startswith(b'<div id="matrix"')
