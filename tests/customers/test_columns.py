"""Columns and density of the list of customers: part of its address, so that a copied one shows the same."""

import re

import pytest

from csp_portal.accounts.models import User
from csp_portal.saved_views.models import SavedView
from customers.models import Customer
from tests.customers.test_pages import LIST, make, names_on

pytestmark = pytest.mark.django_db
USUAL = ["Customer", "Domain", "Health", "Incidents", "Advisories", "Read", "Tags"]


def columns_on(response) -> list[str]:
    head = response.content.decode().split("<thead>")[1].split("</thead>")[0]
    return [" ".join(re.sub(r"<[^>]*>", " ", cell).split()) for cell in re.findall(r"<th .*?</th>", head, re.DOTALL)]


def test_a_copied_address_shows_a_colleague_the_same_rows_and_columns(as_agent, as_viewer, support_agent):
    rows = make(3)
    Customer.objects.filter(pk=rows[1].pk).update(tier="PREMIUM", seats=250, owner=support_agent)
    address = f"{LIST}?q=00&sort=-name&col=owner&col=seats&col=tier&density=compact"
    mine, theirs = as_agent.get(address), as_viewer.get(address)

    assert columns_on(mine) == columns_on(theirs) == ["Customer", "Support tier", "Seats", "Owner"]
    assert names_on(mine) == names_on(theirs) == [row.name for row in reversed(rows)]
    page = theirs.content.decode()
    assert "data stack close" in page
    assert all(word in page for word in ("Premium", ">250<", support_agent.name))


def test_the_usual_columns_need_no_word_in_the_address_and_nonsense_is_none(as_viewer):
    make(1)
    for query in ("", "?col=nonsense&density=x", "?col="):
        assert columns_on(as_viewer.get(LIST + query)) == USUAL
    asked = [("col", name) for name in ("domain", "cloud", "health", "incidents", "advisories", "read", "tags")]
    fragment = as_viewer.get(
        LIST,
        {"q": "00", "col": [name for _col, name in asked]},
        headers={"HX-Request": "true", "HX-Trigger": "customer_filters"},
    )
    assert fragment["HX-Replace-Url"] == f"{LIST}?q=00"


def test_choosing_a_column_keeps_it_in_the_address_and_in_every_link_of_the_list(as_viewer):
    make(1)
    sent = {"HX-Request": "true", "HX-Trigger": "customer_filters"}
    answer = as_viewer.get(LIST, {"q": "00", "col": ["seats", "domain"]}, headers=sent)
    assert answer["HX-Replace-Url"] == f"{LIST}?q=00&col=domain&col=seats"
    page = answer.content.decode()
    assert "col=seats" in page.split("<thead>")[1].split("</thead>")[0]
    assert 'href="?col=domain&amp;col=seats"' in page  # without the filter, with the columns


def test_a_saved_view_keeps_its_columns(as_agent, support_agent):
    make(1)
    told = {"page": "customers:customer_list", "query": "col=seats&col=owner&density=compact", "name": "Seats"}
    as_agent.post("/views/new/", told)
    view = SavedView.objects.get(person=User.objects.get(pk=support_agent.pk))
    assert columns_on(as_agent.get(f"{LIST}?{view.query}")) == ["Customer", "Seats", "Owner"]


def test_other_columns_cost_no_statement(as_viewer, support_agent, django_assert_max_num_queries):
    rows = make(30)
    Customer.objects.filter(pk__in=[row.pk for row in rows]).update(owner=support_agent)
    with django_assert_max_num_queries(12):
        as_viewer.get(LIST, {"col": ["owner", "tier", "seats", "tags"]})
