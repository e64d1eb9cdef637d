"""Favorites, the customers looked at last, and the switcher that keeps the page."""

from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from customers.favorites import KEPT_VISITS, note_visit
from customers.models import Customer, CustomerGroup, Favorite, Visit
from tests.customers.test_pages import LIST, make, names_on

pytestmark = pytest.mark.django_db


def star(client, customer, is_favorite="yes"):
    return client.post(f"{LIST}{customer.tenant_id}/favorite/", {"is": is_favorite, "next": "/customers/?q=x"})


def switch(client, **query):
    return [
        (choice.customer.name[-3:], choice.why) for choice in client.get(f"{LIST}switch/", query).context["choices"]
    ]


def test_a_favorite_is_there_in_a_second_browser_and_nobody_elses(support_agent, viewer, signed_in):
    rows = make(3)
    first, second, other = signed_in(support_agent), signed_in(support_agent), signed_in(viewer)

    assert star(first, rows[1])["Location"] == "/customers/?q=x"
    star(first, rows[1])

    assert names_on(second.get(f"{LIST}?favorite=yes")) == ["Customer 001"]
    assert 'aria-pressed="true"' in second.get(f"{LIST}{rows[1].tenant_id}/").content.decode()
    assert names_on(other.get(f"{LIST}?favorite=yes")) == []
    star(second, rows[1], "no")
    assert names_on(first.get(f"{LIST}?favorite=yes")) == []


def test_a_favorite_that_is_no_longer_in_scope_is_not_shown(viewer, as_viewer):
    rows = make(2)
    for row in rows:
        star(as_viewer, row)
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set(rows[:1])
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    assert names_on(as_viewer.get(f"{LIST}?favorite=yes")) == ["Customer 000"]
    assert switch(as_viewer) == [("000", "favorite")]
    assert star(as_viewer, rows[1], "no").status_code == 404


def test_the_switcher_offers_favorites_then_those_looked_at_last_then_the_rest(as_agent):
    rows = make(5)
    star(as_agent, rows[3])
    for row in (rows[2], rows[4]):
        assert as_agent.get(f"{LIST}{row.tenant_id}/").status_code == 200

    assert switch(as_agent) == [
        ("003", "favorite"),
        ("004", "recent"),
        ("002", "recent"),
        ("000", "other"),
        ("001", "other"),
    ]
    assert switch(as_agent, here=rows[3].tenant_id)[0] == ("004", "recent")


@pytest.mark.parametrize(
    ("page", "path"),
    [
        ("health:customer_health", "health/"),
        ("health:customer_history", "health/history/"),
        ("customers:customer_files", "files/"),
        ("customers:customer_pause", ""),  # no tab: its overview
        ("nonsense", ""),
    ],
)
def test_the_switcher_keeps_the_page(as_agent, page, path):
    one, other = make(2)

    (choice,) = as_agent.get(f"{LIST}switch/", {"page": page, "here": one.tenant_id}).context["choices"]

    assert choice.address == f"/customers/{other.tenant_id}/{path}"


def test_the_page_of_a_customer_tells_the_switcher_which_page_it_is(as_agent):
    (customer,) = make(1)

    page = as_agent.get(f"/customers/{customer.tenant_id}/health/history/").content.decode()

    assert '<input type="hidden" name="page" value="health:customer_history">' in page
    assert "data-switcher" not in as_agent.get(LIST).content.decode()


def test_the_switcher_finds_by_name_domain_tenant_id_and_tag(as_agent):
    rows = make(3)
    Customer.objects.filter(pk=rows[2].pk).update(tags=["formerly Wide World"])

    for words in ("customer 002", "c002.example", str(rows[2].tenant_id), "wide world", "WORLD 002"):
        assert switch(as_agent, q=words) == [("002", "other")], words
    assert switch(as_agent, q="\x00nothing") == []


def test_a_visit_is_noted_once_a_minute_and_only_the_newest_are_kept(support_agent):
    rows, now = make(KEPT_VISITS + 2), timezone.now()

    for number, row in enumerate(rows):
        note_visit(support_agent, row.tenant_id, now=now + timedelta(minutes=number))
    assert Visit.objects.count() == KEPT_VISITS
    assert not Visit.objects.filter(customer=rows[0]).exists()

    at = Visit.objects.get(customer=rows[-1]).at
    note_visit(support_agent, rows[-1].tenant_id, now=at + timedelta(seconds=50))
    assert Visit.objects.get(customer=rows[-1]).at == at
    note_visit(support_agent, rows[-1].tenant_id, now=at + timedelta(seconds=60))
    assert Visit.objects.get(customer=rows[-1]).at == at + timedelta(seconds=60)


def test_a_refused_page_and_a_redraw_are_no_visits(viewer, as_viewer):
    one, other = make(2)
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set([one])
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    assert as_viewer.get(f"{LIST}{other.tenant_id}/").status_code == 404
    as_viewer.get(f"/customers/{one.tenant_id}/health/", headers={"HX-Request": "true"})

    assert not Visit.objects.exists()
    assert not Favorite.objects.exists()
