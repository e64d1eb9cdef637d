"""Where Microsoft wants a consent, nobody hammers its token endpoint: feeds are set aside until a person acts."""

from datetime import timedelta

import pytest
from django.urls import reverse
from django.utils import timezone

from csp_portal.microsoft.errors import AccessDenied
from customers.connection_check import check_connection
from customers.connections import Access
from customers.links import read_links_of
from customers.models import Connection, Feed
from customers.settings_views import try_again
from tests.customers.consent import consent
from tests.health.conftest import health_feed, let_pass, read_due

pytestmark = pytest.mark.filterwarnings("ignore:response_mode=")

HOUR = timedelta(hours=1)


@pytest.fixture
def delegated(connection, customers, sandbox, sandbox_world):
    """A connection with an admin agent's consent, all of its customers read once, no token in the store."""
    consent(connection, sandbox=sandbox, person=sandbox_world.partner.people[0])
    let_pass(HOUR)
    return connection


def token_requests(sandbox):
    return len(sandbox.requests_to("/oauth2/v2.0/token"))


@pytest.mark.parametrize("code", ["AADSTS900421", "AADSTS65001"])
def test_a_customer_without_consent_is_asked_once_and_then_left_alone(customers, sandbox, sandbox_world, code):
    sandbox_world.tenants[0].token_fault = code
    let_pass(HOUR)
    read_due()
    feed = health_feed(customers[0])
    assert (feed.problem, feed.paused_because) == (Feed.Problem.CONSENT_MISSING, Feed.Problem.CONSENT_MISSING)
    sandbox.forget_requests()

    for _ in range(3):
        let_pass(timedelta(minutes=15))
        read_due()

    assert sandbox.requests_to("/token", tenant_id=sandbox_world.tenants[0].tenant_id) == []


@pytest.mark.parametrize("code", ["AADSTS50173", "AADSTS700082", "AADSTS70000", "AADSTS70008"])
def test_a_dead_sign_in_is_shown_once_and_never_again_until_somebody_consents(
    delegated, sandbox, sandbox_world, settings, code
):
    sandbox_world.token_endpoint_fault = code
    sandbox.forget_requests()
    read_due()

    assert 1 <= token_requests(sandbox) <= settings.POLL_THREADS
    feeds = Feed.objects.filter(kind=Feed.Kind.HEALTH)
    assert set(feeds.values_list("problem", "paused_because")) == {("SIGN_IN_EXPIRED", "SIGN_IN_EXPIRED")}
    sandbox.forget_requests()
    for _ in range(4):
        let_pass(HOUR)
        read_due()
    assert token_requests(sandbox) == 0

    sandbox_world.token_endpoint_fault = None
    consent(delegated, sandbox=sandbox, person=sandbox_world.partner.people[0])
    try_again(delegated)
    read_due()
    assert set(feeds.values_list("problem", "paused_because")) == {("", "")}


def test_one_customers_own_rule_does_not_condemn_the_sign_in(delegated, customers, sandbox_world):
    sandbox_world.tenants[0].token_fault = "AADSTS50076"
    read_due()

    assert health_feed(customers[0]).problem == Feed.Problem.MFA_NEEDED
    assert health_feed(customers[1]).problem == ""
    delegated.refresh_from_db()
    assert delegated.grant_refused == ""


def test_a_reading_of_links_learns_it_too(delegated, sandbox, sandbox_world):
    sandbox_world.token_endpoint_fault = "AADSTS50173"
    sandbox.forget_requests()

    for _ in range(3):
        let_pass(timedelta(days=1))
        read_links_of(Feed.objects.claim_due(Feed.Kind.LINKS, limit=100, lease=HOUR), now=timezone.now())

    assert token_requests(sandbox) == 1
    links = Feed.objects.filter(kind=Feed.Kind.LINKS)
    assert set(links.values_list("paused_because", flat=True)) == {"SIGN_IN_EXPIRED"}


class TestAfterwards:
    @pytest.fixture
    def dead(self, delegated, sandbox_world):
        sandbox_world.token_endpoint_fault = "AADSTS50173"
        read_due()
        return Connection.objects.get(pk=delegated.pk)

    def test_the_connection_says_what_to_do(self, dead, as_owner):
        page = as_owner.get(reverse("settings:connection_edit", args=[dead.pk])).content.decode()

        assert "An admin agent has to consent again" in page
        assert "AADSTS50173" in page
        assert reverse("settings:connection_consent", args=[dead.pk]) in page

    def test_every_customer_says_where_to_go(self, dead, as_owner, customers):
        page = as_owner.get(reverse("customers:customer_page", args=[customers[0].tenant_id])).content.decode()

        assert "has to consent again for this connection" in page

    def test_an_owners_test_asks_microsoft_again_and_mends_it_where_microsoft_says_yes(
        self, dead, sandbox, sandbox_world
    ):
        sandbox.forget_requests()
        assert any(finding.ok is False for finding in check_connection(dead, now=timezone.now()))
        assert token_requests(sandbox) == 1

        sandbox_world.token_endpoint_fault = None
        check_connection(Connection.objects.get(pk=dead.pk), now=timezone.now())

        assert Connection.objects.get(pk=dead.pk).grant_refused == ""

    def test_other_readings_do_not_show_it_either(self, dead, sandbox):
        sandbox.forget_requests()

        with pytest.raises(AccessDenied, match="Nobody has consented again"):
            Access(dead).partner_token(Access(dead).cloud.graph_scope)

        assert token_requests(sandbox) == 0
