"""The customer's tab of offers and the catalogue, from a pattern to a mail that is on its way."""

from collections.abc import Callable
from uuid import UUID

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry
from customers.models import Contact, Customer
from support.models import OfferTold, OfferVersion, SlaPolicy, SupportOffer
from support.offers.publishing import draft_of, publish
from tests.support.offers.conftest import MONDAY, filled

pytestmark = pytest.mark.django_db
TAB = f"/customers/{UUID(int=1)}/offers/"
CONTENT = {"delivery": "RESOLD", "company": "Northwind", "covered_en": "Mail", "phone": "123", "amount": "90"}


def test_from_a_pattern_to_a_customer_that_is_told(
    as_owner: Client, contoso: Customer, premium: SlaPolicy, mei: Contact
) -> None:
    pattern = {**CONTENT, "name": "Premium", "policy": premium.pk, "currency": "twd", "per": "MONTH"}
    assert as_owner.post("/settings/desk/offers/new/", pattern).status_code == 302
    answer = as_owner.post("/settings/desk/offers/new/", {**pattern, "name": "premium"})
    assert "of this name already" in answer.content.decode()
    kept = SupportOffer.objects.get()

    begun = as_owner.post(f"{TAB}new/", {"family": "AZURE", "pattern": kept.pk})
    draft = OfferVersion.objects.get(offer__customer=contoso)
    assert begun.headers["Location"] == f"{TAB}{draft.pk}/draft/"
    assert (draft.currency, draft.policy, draft.company) == ("TWD", premium, "Northwind")
    page = as_owner.get(f"{TAB}{draft.pk}/draft/").content.decode()
    assert "TWD 90.00 per month" in page
    form = {**pattern, "valid_from": "2020-01-01", "valid_to": "2019-01-01"}
    answer = as_owner.post(f"{TAB}{draft.pk}/draft/", form)
    assert (answer.status_code, "before it begins" in answer.content.decode()) == (400, True)
    as_owner.post(f"{TAB}{draft.pk}/draft/", {**form, "valid_to": "", "publish": "1"})

    version = OfferVersion.objects.get(offer__customer=contoso)
    assert version.published_at is not None
    assert "Nobody of the customer has been told" in as_owner.get(f"{TAB}{version.pk}/").content.decode()
    as_owner.post(f"{TAB}{version.pk}/mail/", {"contacts": [mei.pk]})
    assert OfferTold.objects.get().state == "WAITING"
    as_owner.post(f"{TAB}{version.pk}/by-hand/", {"name": "Kim", "at": "2020-01-02T10:00", "note": "Meeting"})
    page = as_owner.get(TAB).content.decode()
    assert all(words in page for words in ("In force", "Kim", "Mei", "Premium", "Northwind"))
    assert as_owner.get(f"{TAB}{version.pk}/sheet.pdf?language=zh-hant").content.startswith(b"%PDF")
    acts = list(Entry.objects.filter(customer=contoso.tenant_id).order_by("number").values_list("action", flat=True))
    assert acts == ["offer.drafted", "offer.published", "offer.told", "offer.told"]


def test_a_draft_that_lacks_something_is_kept_and_says_what(as_owner: Client, contoso: Customer) -> None:
    as_owner.post(f"{TAB}new/", {"family": ""})
    draft = OfferVersion.objects.get()
    form = {"delivery": "OUTSOURCED", "covered_en": "Mail", "publish": "1"}
    page = as_owner.post(f"{TAB}{draft.pk}/draft/", form, follow=True).content.decode()
    assert all(words in page for words in ("way to reach", "Name the other company", "Choose the day"))
    kept = OfferVersion.objects.get()
    assert (kept.covered_en, kept.is_draft) == ("Mail", True)
    assert as_owner.post(f"{TAB}{draft.pk}/mail/", {}).status_code == 404
    as_owner.post(f"{TAB}{draft.pk}/discard/")
    assert not SupportOffer.objects.exists()


def test_what_is_published_is_neither_edited_nor_discarded(as_owner: Client, first: OfferVersion) -> None:
    before = dict(OfferVersion.objects.filter(pk=first.pk).values().get())
    answer = as_owner.post(f"{TAB}{first.pk}/draft/", {**CONTENT, "currency": "TWD"})
    assert answer.headers["Location"] == f"{TAB}{first.pk}/"
    assert as_owner.post(f"{TAB}{first.pk}/discard/").status_code == 404
    assert dict(OfferVersion.objects.filter(pk=first.pk).values().get()) == before


def test_only_a_contact_of_this_customer_is_written_to(
    as_owner: Client, first: OfferVersion, mei: Contact, fabrikam: Customer
) -> None:
    lee = Contact.objects.create(customer=fabrikam, name="Lee", address="lee@fabrikam.example")
    as_owner.post(f"{TAB}{first.pk}/mail/", {"contacts": [lee.pk]})
    Contact.objects.filter(pk=mei.pk).update(opted_out_at=MONDAY)
    as_owner.post(f"{TAB}{first.pk}/mail/", {"contacts": [mei.pk]})
    assert not OfferTold.objects.exists()
    assert as_owner.get(f"/customers/{fabrikam.tenant_id}/offers/{first.pk}/").status_code == 404


def test_the_tab_costs_the_same_whatever_there_is(
    as_owner: Client, contoso: Customer, owner: User, premium: SlaPolicy, first: OfferVersion
) -> None:
    def statements(act: Callable[[], object]) -> int:
        with CaptureQueriesContext(
            connection,
        ) as caught:
            act()
        return len(caught)

    as_owner.get(TAB)
    one = statements(lambda: as_owner.get(TAB))
    for family in ("AZURE", "MICROSOFT_365", "DYNAMICS_365"):
        publish(filled(draft_of(contoso, family=family), policy=premium, begins=MONDAY.date()), by=owner, now=MONDAY)
    assert statements(lambda: as_owner.get(TAB)) == one
