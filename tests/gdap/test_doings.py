"""A relationship's own page says of each change why it is not possible now, where its button stands."""

import pytest

from customers.models import GLOBAL_ADMINISTRATOR, Relationship
from tests.gdap.making import SUPPORT, make_relationship

Status = Relationship.Status


def doings(page):
    return {one.label: one for one in page.context["doings"]}


@pytest.fixture
def as_admin(access_admin, signed_in):
    return signed_in(access_admin)


def page_of(client, relationship):
    return client.get(f"/delegated-access/relationships/{relationship.pk}/")


def test_what_is_possible_comes_first_and_leads_to_its_preview(as_admin, customers):
    page = page_of(as_admin, make_relationship(customers[0]))

    found = page.context["doings"]
    assert [bool(one.why) for one in found] == sorted(bool(one.why) for one in found)
    assert "action=EXTEND&amp;relationship=" in page.content.decode()
    assert not doings(page)["Extend automatically"].why


def test_each_reason_stands_in_place_with_the_way_out(as_admin, customers):
    page = page_of(as_admin, make_relationship(customers[0], role_ids=[SUPPORT, GLOBAL_ADMINISTRATOR]))
    barred = doings(page)["Extend automatically"]
    assert "Remove that role first" in barred.why
    assert "action=REMOVE_GA" in barred.way_out_url
    text = page.content.decode()
    assert "Remove that role first" in text
    assert barred.way_out_url.replace("&", "&amp;") in text


@pytest.mark.parametrize(
    ("status", "way_out"),
    [
        (Status.CREATED, "action=LOCK"),
        (Status.APPROVAL_PENDING, "/invitation/"),
        (Status.EXPIRED, "action=CREATE"),
        (Status.TERMINATING, ""),
    ],
)
def test_the_next_step_depends_on_where_it_stands(as_admin, customers, status, way_out):
    barred = doings(page_of(as_admin, make_relationship(customers[0], status=status)))["Give a group its roles"]

    assert "Microsoft allows this only while it is “Active”" in barred.why
    assert way_out in barred.way_out_url
    assert bool(way_out) == bool(barred.way_out_url)


def test_who_may_change_nothing_reads_the_reasons_and_finds_no_button(as_viewer, customers):
    text = page_of(as_viewer, make_relationship(customers[0])).content.decode()

    assert "An access admin or an owner can do this." in text
    assert "Global Administrator is not among its roles." in text
    assert "orders/new/?action=" not in text
