"""Saved views: a name for an address, private or shared, removed and restored, and never more than a person may see."""

import pytest

from csp_portal.accounts.models import User
from csp_portal.saved_views.keeping import address_of
from csp_portal.saved_views.models import SavedView
from customers.models import CustomerGroup
from tests.customers.test_pages import LIST, make, names_on

pytestmark = pytest.mark.django_db
PAGE = "customers:customer_list"


def save(client, *, name="Mine", page=PAGE, query="q=000&page=abc&state=", **more):
    return client.post("/views/new/", {"page": page, "query": query, "name": name, **more})


def names(client, page=PAGE):
    return [view.name for view, _link in client.get("/views/", {"page": page}).context["views"]]


def test_a_view_is_the_address_of_what_was_filtered_and_shows_the_same_rows(as_viewer):
    make(3)

    answer = save(as_viewer)

    assert answer["Location"] == f"{LIST}?q=000"
    ((view, link),) = as_viewer.get("/views/", {"page": PAGE}).context["views"]
    assert (view.name, link) == ("Mine", f"{LIST}?q=000")
    assert names_on(as_viewer.get(link)) == ["Customer 000"]


def test_the_menu_of_a_list_knows_the_filters_that_were_set_without_a_reload(as_viewer):
    headers = {"HX-Request": "true", "HX-Current-URL": "http://testserver/customers/?q=teams&sort="}

    answer = as_viewer.get("/views/", {"page": PAGE}, headers=headers)

    assert '<input type="hidden" name="query" value="q=teams">' in answer.content.decode()


def test_saving_under_the_same_name_again_replaces_the_filters(as_viewer):
    save(as_viewer)
    save(as_viewer, query="q=other")

    assert [view.query for view in SavedView.objects.all()] == ["q=other"]


def test_a_private_view_is_ones_own_and_a_shared_one_shows_each_only_their_customers(as_agent, viewer, as_viewer):
    rows = make(2)
    save(as_agent, name="Private")
    save(as_agent, name="Shared", query="q=customer", is_shared="on")
    group = CustomerGroup.objects.create(name="Ours")
    group.added.set(rows[:1])
    User.objects.filter(pk=viewer.pk).update(sees=User.Sees.ONLY)
    viewer.scope_groups.set([group])

    assert names(as_agent) == ["Private", "Shared"]
    assert names(as_viewer) == ["Shared"]
    assert names_on(as_viewer.get(f"{LIST}?q=customer")) == ["Customer 000"]
    theirs = SavedView.objects.get(name="Shared")
    for path in ("", "remove/", "restore/"):
        assert as_viewer.post(f"/views/{theirs.pk}/{path}", {"name": "Taken"}).status_code == 404


def test_a_shared_view_of_a_page_that_a_role_may_not_open_is_not_shown(as_owner, as_viewer):
    save(as_owner, name="Sign-ins", page="system:audit_list", query="q=x", is_shared="on")

    assert "Sign-ins" not in as_viewer.get("/views/").content.decode()
    assert as_viewer.get("/views/", {"page": "system:audit_list"}).status_code == 404
    for page in ("system:audit_list", "customers:customer_page", "", "nonsense"):
        assert save(as_viewer, page=page)["Location"] == "/views/"
    assert SavedView.objects.count() == 1
    assert as_viewer.get("/search/", {"q": "sign-ins"}).context["sections"] == []


def test_a_view_is_renamed_removed_and_restored(as_viewer):
    save(as_viewer)
    save(as_viewer, name="Other")
    view = SavedView.objects.get(name="Mine")

    assert "Choose another name" in as_viewer.post(f"/views/{view.pk}/", {"name": "Other"}).content.decode()
    as_viewer.post(f"/views/{view.pk}/", {"name": " Morning  round "})
    assert names(as_viewer) == ["Morning round", "Other"]
    as_viewer.post(f"/views/{view.pk}/remove/")
    assert names(as_viewer) == ["Other"]
    assert "Morning round" in as_viewer.get("/views/").content.decode()
    as_viewer.post(f"/views/{view.pk}/restore/")
    assert names(as_viewer) == ["Morning round", "Other"]


def test_a_removed_view_whose_name_is_taken_stays_removed(as_viewer):
    save(as_viewer)
    old = SavedView.objects.get()
    as_viewer.post(f"/views/{old.pk}/remove/")
    save(as_viewer, query="q=new")
    as_viewer.post(f"/views/{old.pk}/restore/")

    old.refresh_from_db()
    assert old.removed_at is not None
    assert names(as_viewer) == ["Mine"]


def test_a_page_opens_with_the_chosen_filters_only_where_its_address_asks_for_nothing(as_viewer):
    make(2)
    save(as_viewer)
    view = SavedView.objects.get()
    as_viewer.post(f"/views/{view.pk}/", {"name": "Mine", "opens_first": "on"})

    assert as_viewer.get(LIST)["Location"] == f"{LIST}?q=000"
    assert len(names_on(as_viewer.get(f"{LIST}?sort=name"))) == 2
    cleared = as_viewer.get(LIST, headers={"Referer": f"http://testserver{LIST}?q=000"})
    assert len(names_on(cleared)) == 2
    as_viewer.post(f"/views/{view.pk}/remove/")
    assert as_viewer.get(LIST).status_code == 200


@pytest.mark.parametrize(
    ("name", "query", "words"),
    [("", "q=x", "Give the view a name"), ("A", "page=2", "Nothing is filtered"), ("A", "q=" + "x" * 1200, "too many")],
)
def test_what_cannot_be_saved_says_why_and_saves_nothing(as_viewer, name, query, words):
    answer = as_viewer.post("/views/new/", {"page": PAGE, "query": query, "name": name}, follow=True)

    assert words in answer.content.decode()
    assert not SavedView.objects.exists()


def test_the_palette_opens_views_by_name(as_viewer):
    save(as_viewer, name="Morning round")

    (section,) = as_viewer.get("/search/", {"q": "morning"}).context["sections"]

    assert [one.address for one in section.found] == [f"{LIST}?q=000"]


def test_addresses_that_are_none_break_no_page(as_viewer, viewer):
    User.objects.filter(pk=viewer.pk).update(first_views={PAGE: "q=000"})

    assert as_viewer.get("/views/", {"page": PAGE}, headers={"HX-Current-URL": "http://[/?q=1"}).status_code == 200
    assert as_viewer.get(LIST, headers={"Referer": "http://[/"}).status_code == 302


def test_names_of_pages_that_anybody_makes_up_are_not_kept_for_ever(as_viewer):
    for number in range(400):
        as_viewer.get("/views/", {"page": f"nowhere:{number}"})

    assert address_of.cache_info().currsize <= 256
