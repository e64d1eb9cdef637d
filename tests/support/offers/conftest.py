"""An offer with hours and promised times, and a contact who reads Chinese."""

from datetime import UTC, date, datetime

import pytest
from django.http import HttpResponse
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.calendars.models import Calendar, OpenSpan
from customers.models import Contact, Customer
from support.customer_side.door import let_in
from support.customer_side.links import person_of
from support.models import OfferVersion, SlaPolicy, SlaTarget
from support.offers.publishing import draft_of, publish

MONDAY = datetime(2026, 11, 23, 9, tzinfo=UTC)


@pytest.fixture
def now() -> datetime:
    return MONDAY


@pytest.fixture
def office(db: None) -> Calendar:
    calendar = Calendar.objects.create(name="Office", zone="UTC")
    OpenSpan.objects.bulk_create(OpenSpan(calendar=calendar, weekday=d, begins=540, ends=1020) for d in range(5))
    return calendar


@pytest.fixture
def everybody(office: Calendar) -> SlaPolicy:
    policy = SlaPolicy.objects.create(name="Everybody", calendar=office)
    SlaTarget.objects.create(policy=policy, severity="C", first_response=240, solution=960)
    return policy


@pytest.fixture
def premium(office: Calendar) -> SlaPolicy:
    policy = SlaPolicy.objects.create(name="Premium", tier="PREMIUM", calendar=office, pauses_in=[])
    SlaTarget.objects.create(policy=policy, severity="C", first_response=30, solution=120)
    return policy


@pytest.fixture
def mei(contoso: Customer) -> Contact:
    return Contact.objects.create(customer=contoso, name="Mei", address="mei@contoso.example", language="zh-hant")


def filled(draft: OfferVersion, *, policy: SlaPolicy | None, begins: date) -> OfferVersion:
    """A draft with all that publishing asks for."""
    draft.covered_en, draft.covered_zh = "Outlook and Teams\nDevices", "Outlook 與 Teams 的問題"
    draft.not_covered_en, draft.phone, draft.mail = "Printers", "+886 2 1234", "help@partner.example"
    draft.policy, draft.valid_from = policy, begins
    draft.save()
    return draft


@pytest.fixture
def first(contoso: Customer, premium: SlaPolicy, owner: User) -> OfferVersion:
    """Version 1, in force since long ago, so that pages of any day show it."""
    draft = filled(draft_of(contoso, family=""), policy=premium, begins=date(2020, 1, 1))
    return publish(draft, by=owner, now=MONDAY)


@pytest.fixture
def kim_browser(contoso: Customer) -> Client:
    """A person of the customer who has come in."""
    browser, answer = Client(), HttpResponse()
    let_in(answer, person_of(contoso, address="kim@contoso.example", name="Kim", language="en"))
    browser.cookies = answer.cookies
    return browser
