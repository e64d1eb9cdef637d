"""What only we know of customers: by hand, from a file, and as filters."""

import csv
import io
import uuid

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from csp_portal.calendars.models import Calendar
from customers.favorites import mark
from customers.models import Customer, Tier

pytestmark = pytest.mark.django_db


@pytest.fixture
def two() -> list[Customer]:
    return Customer.objects.bulk_create(
        Customer(tenant_id=uuid.uuid4(), cloud="global", name=name, source=Customer.Source.FILE)
        for name in ("Adatum", "Contoso")
    )


def test_facts_are_kept_with_what_they_were_before(as_agent: Client, support_agent: User, two: list[Customer]) -> None:
    calendar = Calendar.objects.create(name="Contract", zone="UTC")
    address = f"/customers/{two[0].tenant_id}/facts/"
    facts = {"tier": "PREMIUM", "seats": "250", "is_vip": "on", "owner": support_agent.pk, "calendar": calendar.pk}
    as_agent.post(address, facts)
    customer = Customer.objects.get(pk=two[0].pk)
    assert (customer.tier, customer.seats, customer.is_vip) == (Tier.PREMIUM, 250, True)
    assert (customer.owner, customer.calendar) == (support_agent, calendar)
    assert "250 seats" in as_agent.get(f"/customers/{two[0].tenant_id}/").content.decode()
    as_agent.post(address, {**facts, "seats": "300"})
    entry = Entry.objects.filter(action="customer.facts_changed").latest("number")
    assert (entry.before, entry.after) == ({"seats": 250}, {"seats": 300})


def test_a_file_is_kept_whole_or_not_at_all(as_agent: Client, support_agent: User, two: list[Customer]) -> None:
    wrong = f"tenant id,tier,seats\n{two[0].tenant_id},premium,5\n{two[1].tenant_id},gold,-1\n{uuid.uuid4()},basic,1"
    page = as_agent.post("/customers/facts/import/", {"text": wrong}).content.decode()
    assert "Line 3" in page
    assert "Line 4" in page
    assert not Customer.objects.exclude(tier="").exists()
    right = f"Tenant ID\tTier\tVIP\tOwner\n{two[0].tenant_id}\tpremium\tyes\t{support_agent.email}"
    as_agent.post("/customers/facts/import/", {"text": right})
    customer = Customer.objects.get(pk=two[0].pk)
    assert (customer.tier, customer.is_vip, customer.owner, customer.seats) == ("PREMIUM", True, support_agent, None)


def test_lists_and_the_matrix_narrow_by_facts(as_agent: Client, support_agent: User, two: list[Customer]) -> None:
    Customer.objects.filter(pk=two[0].pk).update(tier="BASIC", is_vip=True, owner=support_agent)
    for asked in ("tier=BASIC", "vip=yes", f"owner={support_agent.pk}"):
        for address in (f"/customers/?{asked}", f"/matrix/?show=all&{asked}"):
            page = as_agent.get(address).content.decode()
            assert f"/customers/{two[0].tenant_id}/" in page, address
            assert f"/customers/{two[1].tenant_id}/" not in page, address


def test_the_file_of_customers_has_the_facts_as_columns(
    as_agent: Client, support_agent: User, two: list[Customer]
) -> None:
    calendar = Calendar.objects.create(name="Contract", zone="UTC")
    Customer.objects.filter(pk=two[0].pk).update(
        tier="PREMIUM", seats=0, is_vip=True, owner=support_agent, calendar=calendar
    )
    file = b"".join(as_agent.get("/customers/export.csv?sort=name").streaming_content).decode("utf-8-sig")  # type: ignore[attr-defined]
    rows = [list(row.values())[-5:] for row in csv.DictReader(io.StringIO(file))]
    assert rows == [["Premium", "0", "yes", support_agent.name, "Contract"], ["", "", "no", "", ""]]
    assert "Contract hours" in file


def test_what_narrows_the_matrix_is_taken_away_chip_by_chip(
    as_agent: Client, support_agent: User, two: list[Customer]
) -> None:
    Customer.objects.update(owner=support_agent)
    mark(support_agent, two[0], is_favorite=True)
    assert as_agent.get("/matrix/").context["chips"] == []
    asked = f"?show=all&service=Exchange+Online&owner={support_agent.pk}&favorite=yes"
    answer = as_agent.get(f"/matrix/{asked}")
    assert [(str(chip.label), str(chip.value)) for chip in answer.context["chips"]] == [
        ("Favorites", "yes"),
        ("Owner", support_agent.name),
        ("Service", "Exchange Online"),
    ]
    page = answer.content.decode()
    assert str(two[0].tenant_id) in page
    assert str(two[1].tenant_id) not in page
    service = answer.context["chips"][-1].address
    assert (service.count("show=all"), service.count("favorite=yes"), service.count("service=")) == (1, 1, 0)
