"""The consent of a customer's administrator: the link we send, the way back, and the reading that follows."""

from datetime import timedelta
from urllib.parse import parse_qs, urlsplit

import pytest
from django.test import Client
from django.utils import timezone

from customers.advice import consent_url
from customers.models import Feed


@pytest.fixture
def contoso(customers):
    Feed.objects.update(due_at=timezone.now() + timedelta(hours=1))
    return customers[0]


def is_due(customer):
    return customer.feeds.get(kind=Feed.Kind.HEALTH).due_at <= timezone.now()


def come_back(customer, **answer):
    state = parse_qs(urlsplit(consent_url(customer)).query)["state"][0]
    return Client().get("/customers/consented/", {"state": state, "tenant": str(customer.tenant_id), **answer})


def test_the_link_leads_back_to_a_page_that_needs_no_account(contoso, settings):
    asked = parse_qs(urlsplit(consent_url(contoso)).query)

    assert asked["redirect_uri"] == [f"{settings.PORTAL_URL}/customers/consented/"]


def test_after_the_consent_the_administrator_is_thanked_and_the_customer_read_at_once(contoso):
    page = come_back(contoso, admin_consent="True")

    assert "Thank you" in page.content.decode()
    assert is_due(contoso)


def test_a_refused_consent_changes_nothing_and_says_how_to_try_again(contoso):
    page = come_back(contoso, error="access_denied", error_description="<script>alert(1)</script>")

    assert "The consent was not given" in page.content.decode()
    assert "<script>alert" not in page.content.decode()
    assert not is_due(contoso)


@pytest.mark.parametrize("state", ["", "forged", "\x00", "a:b:c"])
def test_a_state_that_is_not_ours_reads_nobody(contoso, state):
    answer = Client().get("/customers/consented/", {"state": state, "admin_consent": "True"})

    assert answer.status_code == 200
    assert not is_due(contoso)


def test_nothing_of_the_customer_is_told_to_who_is_not_signed_in(contoso):
    assert contoso.name not in come_back(contoso, admin_consent="True").content.decode()
