"""The admin portals of a customer: Microsoft's own first, the catalog second, and never another customer's."""

from datetime import timedelta
from urllib.parse import urlsplit
from uuid import UUID

import pytest
from django.utils import timezone

from csp_portal.microsoft.portal_links import PORTAL_LINKS
from customers.models import CloudChoice, Customer, Feed, PortalLink, ServiceLink
from customers.portals import filled_portal, portals_of

A = UUID("aaaaaaaa-0000-4000-8000-000000000001")
B = UUID("bbbbbbbb-0000-4000-8000-000000000002")


def customer(tenant_id=A, **changes):
    values = {"cloud": "global", "name": "A", "domain": "a.example", "initial_domain": "a.onmicrosoft.com"}
    return Customer.objects.create(tenant_id=tenant_id, source="FILE", **{**values, **changes})


def test_the_catalog_begins_with_every_template_we_know(db):
    rows = PortalLink.objects.values_list("cloud", "service", "kind", "url_template")
    assert set(rows) == {(t.cloud.value, t.service, t.kind.value, t.url_template) for t in PORTAL_LINKS}


@pytest.mark.parametrize("cloud", CloudChoice.values)
def test_every_link_of_every_cloud_names_only_its_own_customer(db, cloud):
    one = customer(cloud=cloud)
    customer(B, cloud=cloud, domain="b.example", initial_domain="b.onmicrosoft.com")
    portals = portals_of(one)
    assert portals
    for portal in portals:
        assert urlsplit(portal.url).scheme == "https"
        assert "{" not in portal.url
        assert str(B) not in portal.url
        assert "b.onmicrosoft" not in portal.url


def test_what_a_customer_lacks_disables_the_link_and_says_why(db):
    portals = portals_of(customer(initial_domain=""))
    disabled = [p for p in portals if not p.url]
    assert {p.title for p in disabled} >= {"Microsoft 365 admin center", "Teams admin center"}
    assert all("initial domain" in str(p.reason) for p in disabled)
    assert all(p.reason == "" for p in portals if p.url)


def test_values_are_quoted_so_that_none_leaves_its_place(db):
    template = PortalLink(
        cloud="global", service="x", title="X", url_template="https://x.example/{default}?t={initial}"
    )
    portal = filled_portal(template, customer=customer(domain="a/../b?c#d", initial_domain="x&y=z"))
    assert portal.url == "https://x.example/a%2F..%2Fb%3Fc%23d?t=x%26y%3Dz"


def test_a_placeholder_that_does_not_exist_disables_the_link(db):
    template = PortalLink(cloud="global", service="x", title="X", url_template="https://x.example/{tenant}")
    portal = filled_portal(template, customer=customer())
    assert portal.url == ""
    assert "placeholder" in str(portal.reason)


def test_microsofts_own_list_comes_first_and_its_doubles_are_dropped_from_the_catalog(db):
    one, now = customer(), timezone.now()
    Feed.objects.create(customer=one, kind=Feed.Kind.LINKS, read_at=now)
    ServiceLink.objects.create(customer=one, name="Teams", url="https://teams.example/", last_seen_at=now)
    same = f"https://security.microsoft.com/?tid={A}"
    ServiceLink.objects.create(customer=one, name="Security", url=same, last_seen_at=now)
    portals = portals_of(one)
    assert [p.title for p in portals[:2]] == ["Security", "Teams"]
    assert all(p.is_from_microsoft for p in portals[:2])
    assert [p.url for p in portals].count(same) == 1


def test_a_link_that_the_last_reading_no_longer_named_is_not_shown(db):
    one, now = customer(), timezone.now()
    Feed.objects.create(customer=one, kind=Feed.Kind.LINKS, read_at=now)
    ServiceLink.objects.create(
        customer=one, name="Old", url="https://old.example/", last_seen_at=now - timedelta(days=1)
    )
    assert "Old" not in [p.title for p in portals_of(one)]


def test_a_link_switched_off_in_the_catalog_is_not_shown(db):
    PortalLink.objects.filter(service="teams").update(is_enabled=False)
    assert "Teams admin center" not in [p.title for p in portals_of(customer())]
