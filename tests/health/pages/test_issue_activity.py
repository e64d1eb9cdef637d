"""What happened to an issue: one line for a reading of many, what our people did, and nothing of foreign customers."""

from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.notices.models import Event, Step
from customers.models import Customer, CustomerGroup
from health.activity import SHOWN, activity_of
from health.models import Call, Exposure, Issue
from tests.health.conftest import read_everyone
from tests.health.pages.conftest import text_of


@pytest.fixture
def issue(customers, sandbox_world):
    sandbox_world.break_service("Exchange Online", tenants=range(6), title="Mail does not move")
    read_everyone()
    return Issue.objects.get(title="Mail does not move")


@pytest.fixture
def address(issue):
    return f"/issues/{issue.cloud}/{issue.microsoft_id}/?tab=activity"


def test_customers_of_one_reading_are_one_line(issue, address, as_viewer):
    Exposure.objects.filter(issue=issue).update(first_seen_at=timezone.now().replace(second=0, microsecond=0))

    text = text_of(as_viewer, address)

    assert "+6 customers hit" in text
    assert "First seen in a reading of ours" in text
    assert "An update of Microsoft was read" in text


def test_what_our_people_did_stands_there_with_their_names(issue, address, as_agent, support_agent):
    now = timezone.now()
    event = Event.objects.filter(issue=issue)[0]
    Step.objects.create(event=event, at=now, by=support_agent, what=Step.What.ACKNOWLEDGED)
    Call.objects.create(issue=issue, customer=issue.exposures.first().customer, by=support_agent, called_at=now)

    text = text_of(as_agent, address)

    assert "Alert acknowledged" in text
    assert f"{issue.exposures.first().customer.name} was called" in text
    assert support_agent.name in text


def test_who_sees_a_part_reads_only_of_that_part(issue, address, owner, signed_in):
    now = timezone.now()
    mine, foreign = (exposure.customer for exposure in issue.exposures.order_by("pk")[:2])
    person = User.objects.create_local("n@portal.example", name="N", role=Role.VIEWER, password="x" * 20)
    group = CustomerGroup.objects.create(name="Mine")
    group.added.set([mine])
    group.people.set([person])
    User.objects.filter(pk=person.pk).update(sees=User.Sees.ONLY)
    Call.objects.create(issue=issue, customer=foreign, by=owner, called_at=now)
    event = Event.objects.filter(issue=issue)[0]
    reason = f"{foreign.name} knows already"
    Step.objects.create(event=event, at=now, by=owner, what=Step.What.SNOOZED, words=reason, until=now)

    text = text_of(signed_in(person), address)

    assert "+1 customer hit" in text
    assert "Alert snoozed" in text
    assert foreign.name not in text


def test_pages_of_it_hold_every_line_once(issue, viewer):
    Exposure.objects.filter(issue=issue).delete()
    now = timezone.now().replace(second=0, microsecond=0)
    many = [
        Customer(tenant_id=f"00000000-0000-4000-8000-{n:012}", cloud=issue.cloud, name=f"C{n}", source="FILE")
        for n in range(SHOWN + 20)
    ]
    moments = [now - timedelta(hours=1, minutes=n // 2) for n in range(len(many))]
    Exposure.objects.bulk_create(
        Exposure(
            issue=issue, customer=customer, first_seen_at=at, last_seen_at=now, cleared_at=at + timedelta(minutes=1)
        )
        for customer, at in zip(Customer.objects.bulk_create(many), moments, strict=True)
    )
    whole, before = [], None
    while True:
        part = activity_of(viewer, issue, before=before)
        whole += part.rows
        before = part.older
        if before is None:
            break

    assert len(whole) == len(set(whole))
    for act in ("HIT", "CLEARED"):
        assert sum(row.number for row in whole if row.act == act) == len(many)


def test_it_costs_the_same_however_much_happened(issue, address, as_viewer, statements):
    few = statements(as_viewer, address)
    Exposure.objects.filter(issue=issue).update(cleared_at=timezone.now())

    assert statements(as_viewer, address) == few


def test_the_tab_of_tickets_leads_to_the_desk(issue, address, as_viewer):
    there = f"/issues/{issue.cloud}/{issue.microsoft_id}/tickets/"
    assert f'href="{there}"' in as_viewer.get(address).content.decode()
    assert as_viewer.get(there).status_code == 200


def test_nonsense_for_a_moment_shows_the_newest(issue, address, as_viewer):
    assert "First seen in a reading of ours" in text_of(as_viewer, f"{address}&before=yesterday%00")
