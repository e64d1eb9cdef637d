"""The list of customers to call about an issue."""

import uuid
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.calendars.models import Calendar, OpenSpan
from customers.models import Customer
from health.models import Call, Exposure, Issue
from tests.health.pages.conftest import text_of

pytestmark = pytest.mark.django_db
CALLS = "/issues/global/EX900001/calls/"


@pytest.fixture
def issue() -> Issue:
    """Hits customers named in the order in which they are to be called, made in another one."""
    closed = Calendar.objects.create(name="Never", zone="UTC")
    always = Calendar.objects.create(name="Day and night", zone="UTC")
    OpenSpan.objects.bulk_create(OpenSpan(calendar=always, weekday=day, begins=0, ends=1440) for day in range(7))
    facts: dict[str, dict[str, Any]] = {
        "6 closed": {"calendar": closed, "is_vip": True, "tier": "PREMIUM"},
        "2 premium": {"calendar": always, "tier": "PREMIUM", "seats": 5},
        "5 unknown": {"is_vip": True},
        "4 smaller": {"calendar": always, "tier": "BASIC", "seats": 10},
        "1 important": {"calendar": always, "is_vip": True},
        "3 larger": {"calendar": always, "tier": "BASIC", "seats": 300},
    }
    customers = Customer.objects.bulk_create(
        Customer(tenant_id=uuid.uuid4(), cloud="global", name=name, source=Customer.Source.FILE, **known)
        for name, known in facts.items()
    )
    now = timezone.now()
    issue = Issue.objects.create(
        cloud="global",
        microsoft_id="EX900001",
        title="Mail is late",
        service_name="Exchange Online",
        classification="INCIDENT",
        status="DEGRADATION",
        state=0,
        first_seen_at=now,
        changed_at=now,
    )
    Exposure.objects.bulk_create(
        Exposure(issue=issue, customer=customer, first_seen_at=now - timedelta(hours=1), last_seen_at=now)
        for customer in customers
    )
    return issue


def test_customers_stand_in_the_order_in_which_to_call_them(issue: Issue, as_viewer: Client) -> None:
    page = text_of(as_viewer, CALLS)
    names = ["1 important", "2 premium", "3 larger", "4 smaller", "5 unknown", "6 closed"]
    assert sorted(names, key=page.index) == names
    assert "within contract hours now · Basic support · 300 seats" in page


def test_who_was_called_goes_to_the_end_and_comes_back(issue: Issue, as_agent: Client) -> None:
    first = Customer.objects.get(name="1 important")
    as_agent.post(f"{CALLS}{first.tenant_id}/", {"note": "Left a message"})
    page = text_of(as_agent, CALLS)
    assert page.index("6 closed") < page.index("1 important")
    assert "1 of 6 customers hit now are called" in page
    assert "Left a message" in b"".join(as_agent.get("/issues/global/EX900001/calls.csv")).decode()
    as_agent.post(f"{CALLS}{first.tenant_id}/take-back/")
    assert not Call.objects.exists()


def test_the_list_costs_the_same_for_any_number(
    issue: Issue, as_viewer: Client, statements: Callable[[Client, str], int]
) -> None:
    many = statements(as_viewer, CALLS)
    Exposure.objects.exclude(customer__name="1 important").delete()
    assert statements(as_viewer, CALLS) == many
