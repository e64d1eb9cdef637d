"""The register's gaps, each found and each closed, for who may see the customer."""

from datetime import date, datetime, timedelta

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.models import Contact, Customer
from support.models import OfferTold, OfferVersion, SlaPolicy, Ticket
from support.offers.gaps import Gap, counts, customers_with
from support.offers.mailing import confirm, note_told, send_offers, tell_by_mail
from support.offers.publishing import draft_of, publish
from tests.support.offers.conftest import MONDAY, filled

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)


def names(gap: Gap, *, user: User, now: datetime = MONDAY) -> list[str]:
    return sorted(customers_with(gap, user=user, now=now).values_list("name", flat=True))


def test_who_has_no_offer_in_force_is_found(first: OfferVersion, fabrikam: Customer, owner: User) -> None:
    assert names(Gap.NONE, user=owner) == ["Fabrikam"]
    assert names(Gap.NONE, user=owner, now=MONDAY - 3000 * DAY) == ["Contoso", "Fabrikam"]
    Customer.objects.filter(pk=fabrikam.pk).update(gone_at=MONDAY)
    assert counts(owner, now=MONDAY)[Gap.NONE] == 0


def test_a_product_is_missing_once_it_is_asked_for(ticket: Ticket, contoso: Customer, owner: User) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(family="AZURE", created_at=MONDAY)
    azure = draft_of(contoso, family="MICROSOFT_365")
    publish(filled(azure, policy=None, begins=MONDAY.date()), by=owner, now=MONDAY)
    assert names(Gap.PRODUCT, user=owner) == ["Contoso"]
    assert names(Gap.PRODUCT, user=owner, now=MONDAY + 400 * DAY) == []
    publish(filled(draft_of(contoso, family=""), policy=None, begins=MONDAY.date()), by=owner, now=MONDAY)
    assert names(Gap.PRODUCT, user=owner) == []


def test_a_change_has_to_be_told_again_and_confirmed(
    first: OfferVersion, contoso: Customer, mei: Contact, owner: User
) -> None:
    assert names(Gap.UNTOLD, user=owner) == ["Contoso"]
    tell_by_mail(first, [mei], by=owner, now=MONDAY)
    assert names(Gap.UNTOLD, user=owner) == ["Contoso"]
    send_offers()
    assert (names(Gap.UNTOLD, user=owner), names(Gap.UNCONFIRMED, user=owner)) == ([], ["Contoso"])
    confirm(OfferTold.objects.get(), now=MONDAY)
    assert names(Gap.UNCONFIRMED, user=owner) == []

    draft = filled(draft_of(contoso, family=""), policy=None, begins=date(2026, 12, 24))
    second = publish(draft, by=owner, now=MONDAY)
    assert names(Gap.UNTOLD, user=owner) == ["Contoso"]
    note_told(second, name="Kim", note="Meeting", at=MONDAY, by=owner, now=MONDAY)
    assert (names(Gap.UNTOLD, user=owner), names(Gap.UNCONFIRMED, user=owner)) == ([], [])


def test_an_offer_that_ends_soon_needs_the_next_one(contoso: Customer, premium: SlaPolicy, owner: User) -> None:
    draft = filled(draft_of(contoso, family=""), policy=premium, begins=date(2026, 11, 1))
    draft.valid_to = date(2026, 12, 31)
    draft.save()
    publish(draft, by=owner, now=MONDAY)
    assert names(Gap.ENDS, user=owner) == ["Contoso"]
    assert names(Gap.ENDS, user=owner, now=MONDAY - 22 * DAY) == ["Contoso"]
    late = filled(draft_of(contoso, family=""), policy=premium, begins=date(2027, 1, 1))
    publish(late, by=owner, now=MONDAY)
    assert names(Gap.ENDS, user=owner) == []


def test_lists_files_and_programs_see_the_same_and_no_more(
    first: OfferVersion, fabrikam: Customer, as_owner: Client, support_agent: User
) -> None:
    page = as_owner.get("/desk/offers/?family=ALL&delivery=OURS").content.decode()
    assert "Contoso" in page and "Not told" in page
    assert "Contoso" not in as_owner.get("/desk/offers/?family=AZURE").content.decode()
    gap = as_owner.get("/desk/offers/gaps/none/").content.decode()
    assert "Fabrikam" in gap and "Contoso" not in gap
    assert as_owner.get("/desk/offers/gaps/word/").status_code == 404
    found = as_owner.get("/api/v1/support-offers/").json()["results"]
    assert [(one["customer"], one["number"], one["is_told"]) for one in found] == [("Contoso", 1, False)]
    found = as_owner.get("/api/v1/support-offer-gaps/?gap=NONE").json()["results"]
    assert [one["name"] for one in found] == ["Fabrikam"]
    assert as_owner.get("/api/v1/support-offer-gaps/?gap=word").status_code == 400
    support_agent.sees = User.Sees.ONLY
    support_agent.save()
    assert set(counts(support_agent, now=timezone.now()).values()) == {0}


def test_the_files_hold_what_the_pages_show(first: OfferVersion, fabrikam: Customer, as_owner: Client) -> None:
    offers, gaps = (
        b"".join(as_owner.get(f"/desk/offers/{path}export.csv").streaming_content).decode()  # type: ignore[attr-defined]
        for path in ("", "gaps/none/")
    )
    assert "Contoso" in offers and "Premium" in offers and "Fabrikam" not in offers
    assert "Fabrikam" in gaps and "Contoso" not in gaps


def test_the_register_costs_the_same_however_many_there_are(
    as_owner: Client, owner: User, premium: SlaPolicy, first: OfferVersion, django_assert_max_num_queries: object
) -> None:
    for number in range(10, 20):
        customer = Customer.objects.create(
            tenant_id=f"00000000-0000-4000-8000-0000000000{number}", cloud="global", name=f"C{number}", source="FILE"
        )
        publish(filled(draft_of(customer, family=""), policy=premium, begins=date(2020, 1, 1)), by=owner, now=MONDAY)
    as_owner.get("/desk/offers/")
    with django_assert_max_num_queries(12):  # type: ignore[operator]
        assert "C19" in as_owner.get("/desk/offers/").content.decode()
