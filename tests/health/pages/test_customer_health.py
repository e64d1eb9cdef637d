"""The health of one customer: each service with its state, what troubles it, and what changed."""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Connection, Customer, Feed, State
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of


@pytest.fixture
def customer(customers, sandbox_world):
    """A customer with a broken service, read once."""
    sandbox_world.break_service("Exchange Online", tenants=[0], title="Mail does not move")
    read_everyone()
    return Customer.objects.get(tenant_id=sandbox_world.tenants[0].tenant_id)


def page_of(customer):
    return f"/customers/{customer.tenant_id}/health/"


def health_of(client, customer):
    return client.get(page_of(customer)).context["health"]


def test_troubled_services_come_first_with_their_open_issues(customer, as_viewer):
    health = health_of(as_viewer, customer)
    first = health.troubled[0]
    assert (first.state.service.name, first.state.state_now) == ("Exchange Online", State.INCIDENT)
    assert "Mail does not move" in {exposure.issue.title for exposure in first.exposures}
    assert len(health.troubled) + len(health.healthy) == customer.service_states.count()
    assert all(state.state_now == State.HEALTHY for state in health.healthy)


def test_a_raw_status_is_shown_as_microsoft_sent_it(customer, sandbox_world, as_viewer):
    sandbox_world.break_service("Planner", tenants=[0], classification="advisory", status="gradualRecovery")
    read_everyone()
    assert "Unknown (gradualRecovery)" in text_of(as_viewer, page_of(customer))
    planner = next(row.state for row in health_of(as_viewer, customer).troubled if row.state.service.name == "Planner")
    assert planner.state_now == State.UNKNOWN


def test_lost_access_turns_every_service_unknown_with_the_cause_on_page_panel_and_list(
    customer, sandbox_world, as_viewer
):
    sandbox_world.tenants[0].fail(403)
    read_everyone()
    health = health_of(as_viewer, customer)
    assert health.healthy == ()
    assert {row.state.state_now for row in health.troubled} == {State.UNKNOWN}
    assert "A permission or delegated role is missing" in text_of(as_viewer, page_of(customer))
    panel = text_of(as_viewer, page_of(customer) + "panel/")
    assert "Unknown" in panel and "0 services healthy" in panel
    assert "A permission or delegated role is missing" in text_of(as_viewer, f"/customers/{customer.tenant_id}/")
    listed = as_viewer.get("/customers/?state=unknown").context["page"].rows
    assert customer.tenant_id in {row.tenant_id for row in listed}


def test_an_old_reading_makes_nothing_look_healthy(customer, as_viewer):
    Feed.objects.update(read_at=timezone.now() - timedelta(days=1))
    health = health_of(as_viewer, customer)
    assert health.healthy == ()
    assert {row.state.unknown_now for row in health.troubled} == {"STALE"}


def test_history_and_cleared_issues_stay_readable(customer, sandbox_world, as_viewer):
    issue = sandbox_world.issue(sandbox_world.issues()[-1].id)
    issue.restore()
    read_everyone()
    answer = as_viewer.get(page_of(customer))
    past = [exposure.issue.title for exposure in answer.context["health"].past_issues]
    assert "Mail does not move" in past
    changes = [(change.service.name, change.after) for change in answer.context["changes"]]
    assert ("Exchange Online", State.INCIDENT) in changes
    first_readings = [change for change in answer.context["changes"] if change.before is None]
    assert all(change.after != State.HEALTHY for change in first_readings)  # to be well at first sight is no change
    assert "What changed in the last 30 days" in text_of(as_viewer, page_of(customer))


def test_a_customer_never_read_says_so(customers, as_viewer):
    text = text_of(as_viewer, page_of(customers[0]))
    assert "No service is known yet" in text
    assert "Unknown" in text


def test_a_gone_customer_keeps_its_history(customer, as_viewer):
    Customer.objects.filter(pk=customer.pk).update(gone_at=timezone.now())
    assert "No longer our customer" in text_of(as_viewer, page_of(customer))


def test_a_customer_one_may_not_see_is_not_there(customer, as_viewer, as_nobody):
    for end in ("", "panel/"):
        assert as_viewer.get(f"/customers/00000000-0000-4000-8000-000000000000/health/{end}").status_code == 404
        assert as_nobody.get(page_of(customer) + end).status_code == 403


def test_it_costs_the_same_statements_whatever_happened(customer, sandbox_world, as_viewer, statements):
    addresses = (page_of(customer), page_of(customer) + "panel/")
    few = [statements(as_viewer, address) for address in addresses]
    for service in ("Microsoft Teams", "Planner", "Microsoft Forms"):
        sandbox_world.break_service(service, tenants=[0])
    read_everyone()
    assert [statements(as_viewer, address) for address in addresses] == few


def test_a_paused_connection_is_named_as_the_cause_and_the_dashboard_says_what_to_do(customer, as_viewer):
    Feed.objects.update(read_at=timezone.now() - timedelta(days=1))
    Connection.objects.update(is_paused=True)
    assert {row.state.unknown_now for row in health_of(as_viewer, customer).troubled} == {"PAUSED"}
    dashboard = text_of(as_viewer, "/")
    assert "Paused by one of us" in dashboard
    assert "until the customer is resumed, or its connection in the settings" in dashboard
