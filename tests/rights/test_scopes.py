"""Scopes: a person sees the customers of some groups, or all but those, and nothing tells of the others."""

import threading
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, connection, transaction
from django.db.models import QuerySet
from django.test import Client

from csp_portal.accounts.models import Role, User
from csp_portal.accounts.people import PeopleError, change_role
from customers.access import of_visible_customers, visible_customers
from customers.models import Connection, Customer, CustomerGroup, Feed
from health.queries import get_issue, open_issues, visible_issues
from tests.rights.conftest import give_scope, make_customer

ONLY, ALL_EXCEPT = User.Sees.ONLY, User.Sees.ALL_EXCEPT


def names(customers: QuerySet[Customer]) -> set[str]:
    return set(customers.values_list("name", flat=True))


def test_only_some_groups_means_nobody_else(trade, viewer):
    assert names(visible_customers(give_scope(viewer, ONLY, trade.north))) == {"Northwind"}


def test_all_except_some_groups_leaves_out_just_those(trade, viewer):
    assert names(visible_customers(give_scope(viewer, ALL_EXCEPT, trade.north))) == {"Fabrikam"}


def test_only_no_group_sees_nothing_and_all_except_no_group_sees_everybody(trade, viewer):
    assert names(visible_customers(give_scope(viewer, ONLY))) == set()
    assert names(visible_customers(give_scope(viewer, ALL_EXCEPT))) == {"Northwind", "Fabrikam"}


def test_a_new_customer_that_meets_the_rule_is_in_scope_at_once(trade, viewer):
    viewer = give_scope(viewer, ONLY, trade.north)

    make_customer("Northern", tags=["north", "vip"])

    assert names(visible_customers(viewer)) == {"Northwind", "Northern"}


def test_a_customer_without_connection_is_not_hidden_by_a_rule_about_connections(trade, viewer):
    make_customer("Loose")
    group = CustomerGroup.objects.create(name="By connection", connections=[Connection.objects.get().pk])

    assert names(visible_customers(give_scope(viewer, ONLY, group))) == {"Northwind", "Fabrikam"}
    assert names(visible_customers(give_scope(viewer, ALL_EXCEPT, group))) == {"Loose"}


@pytest.mark.parametrize(
    ("rule", "found"),
    [
        ({"tags": ["north", "south"]}, {"Northwind", "Fabrikam"}),
        ({"tags": ["north"], "words": "fabri"}, set()),
        ({"words": "FABRI"}, {"Fabrikam"}),
        ({"words": "wind.onmicrosoft"}, {"Northwind"}),
        ({"words": "100%"}, set()),
        ({"clouds": ["us_gov"]}, set()),
        ({"clouds": ["global"], "tags": ["south"]}, {"Fabrikam"}),
        ({"connections": [UUID(int=7)]}, set()),
        ({}, set()),
    ],
)
def test_a_customer_matches_who_meets_every_part_of_the_rule(trade, viewer, rule, found):
    group = CustomerGroup.objects.create(name="Rule", **rule)

    assert names(visible_customers(give_scope(viewer, ONLY, group))) == found


def test_customers_are_added_to_the_rule_and_left_out_of_it_by_hand(trade, viewer):
    trade.north.added.add(trade.foreign)
    trade.north.left_out.add(trade.own)

    assert names(visible_customers(give_scope(viewer, ONLY, trade.north))) == {"Fabrikam"}
    assert names(visible_customers(give_scope(viewer, ALL_EXCEPT, trade.north))) == {"Northwind"}


def test_rows_of_customers_follow_the_same_rule(trade, viewer):
    for sees in (ONLY, ALL_EXCEPT):
        person = give_scope(viewer, sees, trade.north)
        rows = of_visible_customers(Feed.objects.all(), user=person)
        assert {row.customer.name for row in rows} == names(visible_customers(person))


def test_an_issue_counts_only_customers_that_the_person_sees(trade, viewer):
    viewer = give_scope(viewer, ONLY, trade.north)

    issues: Any = visible_issues(viewer)
    assert {issue.microsoft_id: issue.hit_customers for issue in issues} == {"EX1": 1, "EX2": 1}
    assert {issue.microsoft_id for issue in open_issues(viewer)} == {"EX1", "EX2"}
    shared: Any = get_issue(viewer, cloud="global", microsoft_id="EX1")
    assert shared.hit_customers == 1


def test_who_sees_all_customers_pays_no_statement_for_it(trade, viewer, django_assert_num_queries):
    with django_assert_num_queries(1):
        assert len(visible_customers(viewer)) == 2


def test_a_scope_costs_one_statement_for_the_whole_request(trade, viewer, django_assert_num_queries):
    viewer = give_scope(viewer, ONLY, trade.north, trade.south)
    with django_assert_num_queries(4):
        for _ in range(3):
            assert len(visible_customers(viewer)) == 2


@pytest.mark.parametrize("role", [Role.OWNER, Role.AUDITOR])
def test_owners_and_auditors_see_all_customers_by_the_word_of_the_database(trade, viewer, role):
    give_scope(viewer, ONLY, trade.north)
    with pytest.raises(IntegrityError, match="owners_and_auditors_see_all_customers"), transaction.atomic():
        User.objects.filter(pk=viewer.pk).update(role=role)


def test_who_becomes_an_owner_sees_all_customers(trade, viewer, owner):
    viewer = give_scope(viewer, ONLY, trade.north)

    change_role(viewer, Role.OWNER, by=owner)

    assert names(visible_customers(User.objects.get(pk=viewer.pk))) == {"Northwind", "Fabrikam"}


def listed(client: Client, query: str) -> set[str]:
    return {row.name for row in client.get(f"/customers/?{query}").context["page"].rows}


def test_a_group_narrows_the_list_to_its_customers_or_to_all_others(trade, as_viewer):
    assert listed(as_viewer, f"group={trade.north.pk}") == {"Northwind"}
    assert listed(as_viewer, f"not_group={trade.north.pk}") == {"Fabrikam"}
    assert listed(as_viewer, "group=999999") == listed(as_viewer, "group=x") == {"Northwind", "Fabrikam"}


def test_who_sees_a_part_is_not_told_of_other_groups(trade, viewer, signed_in):
    page = signed_in(give_scope(viewer, ONLY, trade.north)).get("/customers/").content.decode()

    assert f'<option value="{trade.north.pk}">' in page
    assert f'<option value="{trade.south.pk}">' not in page


@pytest.mark.django_db(transaction=True)
def test_two_owners_who_demote_each_other_at_once_leave_one_owner():
    first, second = (
        User.objects.create_local(f"{n}@partner.example", name=n, role=Role.OWNER, password="x") for n in "ab"
    )
    refused = []

    def demote(person: User, by: User) -> None:
        try:
            change_role(person, Role.VIEWER, by=by)
        except PeopleError as error:
            refused.append(str(error))
        finally:
            connection.close()

    threads = [threading.Thread(target=demote, args=pair) for pair in ((first, second), (second, first))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert User.objects.filter(role=Role.OWNER).count() == 1
    assert len(refused) == 1
