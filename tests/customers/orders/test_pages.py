"""Orders as people make them up, start them and look at them."""

from datetime import timedelta
from urllib.parse import unquote

import pytest
from django.urls import reverse
from django.utils import timezone

from csp_portal.accounts.models import Role, User
from csp_portal.audit.models import Entry
from customers.gdap.carry_out import carry_out, claim_items
from customers.models import (
    GLOBAL_ADMINISTRATOR,
    Contact,
    CustomerGroup,
    InvitationSending,
    Order,
    OrderItem,
    Relationship,
    SecurityGroup,
)

NEW = "/delegated-access/orders/new/"
READER, SUPPORT = "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "f023fd81-a637-4b56-95fd-791ac0226033"


@pytest.fixture
def as_admin(access_admin, signed_in):
    return signed_in(access_admin)


def text_of(answer):
    return " ".join(answer.content.decode().split())


def order_of(answer):
    return Order.objects.get(pk=int(answer.url.rstrip("/").rsplit("/", 1)[1]))


def test_the_preview_says_what_will_happen_and_what_is_refused_and_changes_nothing(as_admin, relationships):
    extends = [one for one in relationships if one.is_active and one.auto_extends]
    address = "&".join(f"relationship={one.pk}" for one in relationships)

    page = as_admin.get(f"{NEW}?action=EXTEND&{address}")

    shown = text_of(page)
    assert page.context["total"] == len(relationships)
    assert page.context["nothing"] == len(extends)
    assert page.context["possible"] + page.context["refused"] + len(extends) == len(relationships)
    assert "Automatic extension" in shown
    assert not Order.objects.exists()


def test_an_order_is_started_from_the_preview_and_its_page_shows_how_far_it_is(as_admin, extendable):
    asked = {"action": "EXTEND", "relationship": [extendable[0].pk, extendable[1].pk], "seen": "2", "reason": "T-1"}

    answer = as_admin.post(NEW, asked | {"do": "start"})

    order = order_of(answer)
    assert (order.state, order.reason, order.items.count()) == ("RUNNING", "T-1", 2)
    page = as_admin.get(answer.url)
    assert "0 of 2 are through" in text_of(page)
    assert 'hx-trigger="every 3s' in text_of(page)
    fragment = as_admin.get(answer.url, headers={"HX-Request": "true"})
    assert fragment.templates[0].name == "gdap/_order_progress.html"


def test_without_a_reason_or_when_the_choice_has_changed_nothing_is_ordered(as_admin, extendable):
    asked = {"action": "EXTEND", "relationship": [extendable[0].pk], "seen": "1", "do": "start"}

    assert "This field is required" in text_of(as_admin.post(NEW, asked | {"reason": ""}))
    assert "has changed meanwhile" in text_of(as_admin.post(NEW, asked | {"reason": "x", "seen": "7"}))
    assert not Order.objects.exists()


def test_all_that_filters_leave_can_be_ordered_at_once(as_admin, relationships):
    page = as_admin.get(f"{NEW}?action=DO_NOT_EXTEND&all=1&status=active&mark=extends")

    assert page.context["total"] == sum(one.is_active and one.auto_extends for one in relationships)


@pytest.mark.parametrize("lost", ["connection=nobody", "template=77", "group=77", "not_group=77", "mark=nonsense"])
def test_a_filter_that_means_nothing_to_the_person_leaves_nothing_instead_of_everything(lost, as_admin, relationships):
    page = as_admin.get(f"{NEW}?action=DO_NOT_EXTEND&all=1&status=active&{lost}")

    assert not page.context.get("total")


def test_without_an_action_it_says_what_is_possible_and_why_the_rest_is_not(as_admin, relationships):
    pending = next(one for one in relationships if one.status != "active")

    page = text_of(as_admin.get(f"{NEW}?relationship={pending.pk}"))

    assert "Microsoft allows this only while it is “Active”" in page


def test_invitations_get_names_by_a_pattern_each_only_once(as_admin, customers, relationships):
    long = customers[1]
    long.name = "L" * 80
    long.save()
    asked = {
        **{"action": "CREATE", "customer": [str(customers[0].tenant_id), str(long.tenant_id)], "seen": "2"},
        **{"pattern": "Support {customer}", "duration_days": "365", "role_ids": [READER, SUPPORT], "extends": "on"},
        **{"lock": "on", "reference": "C-7", "reason": "Contract", "do": "draft"},
    }

    first = order_of(as_admin.post(NEW, asked))
    names = [item.parameters["name"] for item in first.items.order_by("position")]
    assert f"Support {customers[0].name}" in names
    assert max(map(len, names)) == 50
    assert first.parameters["duration"] == "P365D"
    Relationship.objects.filter(pk=relationships[0].pk).update(name=names[0])
    again = order_of(as_admin.post(NEW, asked))
    assert names[0] not in [item.parameters["name"] for item in again.items.all()]


def test_global_administrator_is_warned_of_and_bars_the_extension(as_admin, customers):
    asked = {
        **{"action": "CREATE", "customer": str(customers[0].tenant_id), "pattern": "X", "duration_days": "730"},
        **{"role_ids": [GLOBAL_ADMINISTRATOR], "extends": "on", "reason": "x", "do": "preview", "seen": "1"},
    }

    shown = text_of(as_admin.post(NEW, asked))

    assert "such a relationship does not extend by itself" in shown
    assert "can&#x27;t extend by itself. Leave out one of the two." in shown


def test_a_group_gets_roles_of_the_relationship_only(as_admin, connection, extendable):
    group = SecurityGroup.objects.create(connection=connection, group_id=READER, name="Readers")
    asked = {"action": "ASSIGN", "relationship": extendable[0].pk, "group_id": str(group.group_id), "seen": "1"}

    page = as_admin.get(f"{NEW}?action=ASSIGN&relationship={extendable[0].pk}")
    assert {code for code, _name in page.context["form"].fields["role_ids"].choices} == set(
        map(str, extendable[0].role_ids)
    )
    order = order_of(as_admin.post(NEW, asked | {"role_ids": [READER], "reason": "x", "do": "draft"}))
    assert (order.items.get().state, order.parameters["role_ids"]) == ("WAITING", [READER])


def test_who_may_not_see_a_customer_can_neither_choose_nor_see_its_rows(
    as_admin, access_admin, extendable, customers, signed_in
):
    asked = {"action": "EXTEND", "relationship": [one.pk for one in extendable[:2]], "seen": "2", "reason": "x"}
    order = order_of(as_admin.post(NEW, asked | {"do": "start"}))
    group = CustomerGroup.objects.create(name="Mine")
    group.added.add(extendable[0].customer)
    other = User.objects.create_local("b@partner.example", name="B", role=Role.ACCESS_ADMIN, password="x" * 20)
    other.sees = User.Sees.ONLY
    other.save()
    other.scope_groups.add(group)
    client = signed_in(other)

    assert client.get(f"{NEW}?action=EXTEND&relationship={extendable[1].pk}").context["total"] == 0
    page = client.get(reverse("gdap:order_page", args=[order.pk]))
    assert [line.item.relationship_id for line in page.context["lines"]] == [extendable[0].pk]
    client.post(reverse("gdap:order_step", args=[order.pk, "stop"]))
    order.refresh_from_db()
    assert order.state == "RUNNING"
    group.added.clear()
    assert client.get(reverse("gdap:order_page", args=[order.pk])).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_what_microsoft_lets_undo_is_undone_by_a_new_order(as_admin, extendable):
    asked = {"action": "EXTEND", "relationship": extendable[0].pk, "seen": "1", "reason": "x", "do": "start"}
    order = order_of(as_admin.post(NEW, asked))
    carry_out(claim_items(limit=10), now=timezone.now())

    page = as_admin.get(reverse("gdap:order_page", args=[order.pk]))

    assert page.context["undo"] == f"action=DO_NOT_EXTEND&relationship={extendable[0].pk}"
    assert as_admin.get(f"{NEW}?{page.context['undo']}").context["possible"] == 1
    lines = b"".join(as_admin.get(reverse("gdap:order_export", args=[order.pk])).streaming_content).decode()
    assert "Automatic extension: – → by half a year" in lines


def test_an_invitation_is_sent_in_the_customers_language_and_that_is_noted(as_admin, relationships, customers):
    pending = relationships[0]
    Relationship.objects.filter(pk=pending.pk).update(
        status="approvalPending", locked_at=timezone.now() - timedelta(days=30), customer=customers[0]
    )
    Contact.objects.create(customer=customers[0], name="Lin", address="lin@contoso.example", language="zh-hant")
    address = reverse("gdap:invitation", args=[pending.pk])

    page = as_admin.get(address)

    mail = page.context["mail"]
    assert (mail.language, mail.to) == ("zh-hant", "lin@contoso.example")
    assert f"#/partners/invitation/granularAdminRelationships/{pending.microsoft_id}" in mail.text
    assert "全域管理員" in mail.text
    assert "lin@contoso.example" in unquote(mail.mailto)
    assert "59 days left" in text_of(page)
    assert "Global Administrator of your organization" in as_admin.get(f"{address}?language=en").context["mail"].text
    as_admin.post(f"{address}sent/", {"to": mail.to, "language": mail.language})
    sending = InvitationSending.objects.get()
    assert (sending.to, sending.language) == ("lin@contoso.example", "zh-hant")
    assert Entry.objects.get(action="invitation.sent").after["to"] == mail.to


def test_pages_of_orders_take_a_steady_number_of_statements(as_admin, relationships, django_assert_max_num_queries, of):
    ids = [one.pk for one in relationships]
    asked = {"action": "EXTEND", "relationship": ids, "seen": str(len(ids)), "reason": "x", "do": "draft"}
    order = order_of(as_admin.post(NEW, asked))

    assert OrderItem.objects.count() == len(ids)
    for address in (reverse("gdap:order_list"), reverse("gdap:order_page", args=[order.pk])):
        as_admin.get(address)
        with django_assert_max_num_queries(12):
            as_admin.get(address)
