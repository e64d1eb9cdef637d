"""Requests made to break the pages of delegated access, and people who ask for what is not theirs."""

import csv
import io
import threading
from functools import partial

import pytest
from django.db import connection as database
from django.utils import timezone

from csp_portal.accounts.models import ApiToken, User
from csp_portal.audit.models import Entry
from customers.gdap.cells import add_missing, reckon_due
from customers.gdap.orders import NewItem, OrderRefused, place_order, resume_order, retry_failed, start_order
from customers.models import (
    ChangeNotice,
    Connection,
    CustomerGroup,
    OnboardingRule,
    Order,
    OrderItem,
    Relationship,
    RoleTemplate,
    SecurityGroup,
)
from tests.rights.conftest import give_scope

NEW = "/delegated-access/orders/new/"
HUGE, ENDLESS = "9" * 30, "9" * 5000
STRANGE = ("%00", HUGE, ENDLESS, "²")
CHOICES = ("relationship", "customer", "customer_group", "connection", "group_id", "role_ids", "job", "template")
FILTERS = (
    *("page", "q", "status", "mark", "within", "ends_after", "ends_before", "group", "not_group", "state", "all"),
    *("to", "language", "cause", "show", "mine", "order", "contact", "pattern", "owner", "tag", "cloud", "sort"),
)


@pytest.fixture
def pair(new_customer, grant):
    """What is ours and what is foreign to a person who sees one group only."""
    own, foreign = new_customer("Northwind"), new_customer("Fabrikam")
    return grant(own, name="Own access"), grant(foreign, name="Foreign access", reference="Foreign reference")


@pytest.fixture
def group(pair):
    group = CustomerGroup.objects.create(name="Ours")
    group.added.add(pair[0].customer)
    return group


@pytest.fixture
def as_scoped(access_admin, group, signed_in):
    return signed_in(give_scope(access_admin, User.Sees.ONLY, group))


@pytest.fixture
def order(pair, owner):
    items = [NewItem(connection=one.connection, relationship=one, customer=one.customer) for one in pair]
    return place_order("EXTEND", items=items, by=owner, reason="Both", parameters={}, now=timezone.now())


def text_of(answer):
    parts = answer.streaming_content if answer.streaming else [answer.content]
    return b"".join(parts).decode()


def all_of(pair, order):
    """Every page and file that could tell of the foreign relationship."""
    own, foreign = pair
    tenant = own.customer.tenant_id
    lists = ("", "export.csv", "expiry/", "expiry/export.csv", "capabilities/?show=all", "capabilities/export.csv")
    more = ("orders/", "role-templates/", "what-if/?action=TERMINATE&status=all", f"customers/{tenant}/")
    both = f"relationship={own.pk}&relationship={foreign.pk}"
    return [
        *(f"/delegated-access/{tail}" for tail in (*lists, *more)),
        *(f"/delegated-access/?status=all&mark={mark}" for mark in ("loose", "unassigned", "global")),
        *(f"/delegated-access/relationships/{own.pk}/{tail}" for tail in ("", "invitation/")),
        *(f"/delegated-access/orders/{order.pk}/{tail}" for tail in ("", "rows.csv", "told/")),
        f"/delegated-access/what-if/?action=TERMINATE&{both}",
        *(f"{NEW}?action={action}&{both}" for action in ("EXTEND", "TERMINATE", "LOCK", "ASSIGN")),
        f"{NEW}?action=TERMINATE&customer={foreign.customer.tenant_id}",
        f"{NEW}?action=EXTEND&all=1&status=all",
        f"{NEW}?action=CREATE&customer={foreign.customer.tenant_id}&customer=Fabrikam",
        f"{NEW}?{both}",
        f"/delegated-access/tell/{tenant}/?action=TERMINATE&relationship={foreign.pk}&order={order.pk}",
    ]


def test_no_page_and_no_file_tells_of_a_foreign_relationship(as_scoped, pair, order, owner):
    own, foreign = pair
    loose = {"customer": None, "customer_tenant_id": None, "customer_name": "Fabrikam loose"}
    Relationship.objects.create(
        connection=own.connection, microsoft_id="loose", name="Foreign access loose", status="active", **loose
    )
    ChangeNotice.objects.create(
        customer=foreign.customer, action="EXTEND", order=order, told="Fabrikam", told_at=timezone.now(), told_by=owner
    )
    add_missing()
    reckon_due(now=timezone.now())
    words = ("Fabrikam", "Foreign access", "Foreign reference", str(foreign.customer.tenant_id), foreign.microsoft_id)

    told = {}
    for address in all_of(pair, order):
        answer = as_scoped.get(address)
        assert answer.status_code == 200, address
        if found := [word for word in words if word in text_of(answer)]:
            told[address] = found
    # What a person wrote into the address themselves may stand in the form again.
    assert {address: found for address, found in told.items() if f"customer={words[3]}" not in address} == {}


def test_what_is_foreign_is_not_there(as_scoped, pair, order):
    foreign = pair[1]
    tenant = foreign.customer.tenant_id
    for tail in (f"relationships/{foreign.pk}/", f"relationships/{foreign.pk}/invitation/", f"capabilities/{tenant}/"):
        assert as_scoped.get(f"/delegated-access/{tail}").status_code == 404
    for tail in (f"customers/{tenant}/", f"tell/{tenant}/?action=TERMINATE", f"capabilities/{tenant}/health/"):
        assert as_scoped.get(f"/delegated-access/{tail}").status_code == 404
    for step in ("start", "discard", "approve", "stop", "retry", "resume"):
        as_scoped.post(f"/delegated-access/orders/{order.pk}/steps/{step}/")
    order.refresh_from_db()
    assert (order.state, order.approved_by) == ("DRAFT", None)


def test_the_api_tells_nothing_of_a_foreign_relationship(as_scoped, access_admin, pair, order, client):
    foreign = pair[1]
    plain = ApiToken.objects.create(user=access_admin, name="T", scopes=["READ", "WRITE"])[1]
    head = {"Authorization": f"Token {plain}"}

    for name in ("relationships", "access-orders", "access-order-rows", "capabilities", "access-forecast"):
        answer = client.get(f"/api/v1/{name}/", headers=head)
        assert answer.status_code == 200
        for word in ("Foreign access", "Fabrikam", str(foreign.customer.tenant_id), foreign.microsoft_id):
            assert word not in text_of(answer), name
    for number in (foreign.pk, HUGE):
        told = {"action": "EXTEND", "relationships": [number], "reason": "x"}
        answer = client.post("/api/v1/access-orders/", told, headers=head, content_type="application/json")
        assert answer.status_code == 400
    assert Order.objects.count() == 1


@pytest.mark.parametrize(
    "nonsense", ["relationship=x", "customer=nobody", f"relationship={HUGE}", "customer=", "job=x"]
)
@pytest.mark.parametrize("action", ["TERMINATE", "EXTEND"])
def test_a_choice_that_means_nothing_chooses_nothing(access_admin, signed_in, pair, nonsense, action):
    page = signed_in(access_admin).get(f"{NEW}?action={action}&{nonsense}")

    assert page.context["total"] == 0


@pytest.mark.parametrize("strange", STRANGE)
def test_no_strange_address_breaks_a_page(access_admin, signed_in, pair, order, strange):
    client = signed_in(access_admin)
    tenant, own = pair[0].customer.tenant_id, pair[0].pk
    pages = ["", "expiry/", "capabilities/", "orders/", "role-templates/", "what-if/", f"orders/{order.pk}/"]
    pages += [f"relationships/{own}/invitation/", f"tell/{tenant}/", f"capabilities/{tenant}/health/"]
    everything = "&".join(f"{name}={strange}&{name}[]={strange}" for name in (*CHOICES, *FILTERS))
    addresses = [f"/delegated-access/{page}?{everything}" for page in pages]
    for name in CHOICES:
        addresses += [f"{NEW}?action={action}&{name}={strange}" for action in ("CREATE", "UNASSIGN")]
        addresses.append(f"/delegated-access/what-if/?action=UNASSIGN&{name}={strange}")

    assert {address: code for address in addresses if (code := client.get(address).status_code) >= 500} == {}


def test_a_template_names_no_foreign_connection_group_or_count(as_scoped, pair, owner, grant, now):
    own, foreign = pair
    other = Connection.objects.create(
        name="Elsewhere", cloud="global", partner_tenant_id=foreign.customer.tenant_id, client_id=own.customer.tenant_id
    )
    hidden = RoleTemplate.objects.create(connection=other, name="Hidden template")
    template = RoleTemplate.objects.create(connection=own.connection, name="Seen")
    secret = CustomerGroup.objects.create(name="Takeover targets")
    rule = OnboardingRule.objects.create(group=secret, template=template, created_by=owner)
    Relationship.objects.update(template=template)

    assert "Hidden template" not in text_of(as_scoped.get(f"/delegated-access/?template={hidden.pk}"))
    assert "Takeover targets" not in text_of(as_scoped.get(f"/delegated-access/role-templates/{template.pk}/"))
    steps = f"/delegated-access/role-templates/{template.pk}/steps/"
    as_scoped.post(f"{steps}remove-rule/", {"rule": rule.pk})
    assert OnboardingRule.objects.filter(pk=rule.pk).exists()
    told = text_of(as_scoped.post(f"{steps}check/", follow=True))
    assert "1 relationship differs" in told


@pytest.mark.parametrize("again", ["retry", "resume"])
def test_what_is_tried_again_never_meets_another_order_on_the_same_relationship(pair, order, owner, again):
    items = [NewItem(connection=one.connection, relationship=one, customer=one.customer) for one in pair]
    start_order(order, by=owner, now=timezone.now())
    state = {"retry": ("DONE", "FAILED"), "resume": ("STOPPED", "STOPPED")}[again]
    Order.objects.filter(pk=order.pk).update(state=state[0])
    order.items.update(state=state[1])
    other = place_order("TERMINATE", items=items[:1], by=owner, reason="x", parameters={}, now=timezone.now())
    start_order(other, by=owner, now=timezone.now())

    with pytest.raises(OrderRefused, match="still changing"):
        retry_failed(order, by=owner) if again == "retry" else resume_order(order, by=owner, now=timezone.now())

    open_rows = OrderItem.objects.filter(state="WAITING", order__state="RUNNING", relationship=pair[0])
    assert [row.order for row in open_rows] == [other]


def test_what_failed_is_not_tried_again_before_what_was_stopped_goes_on(pair, order, owner):
    start_order(order, by=owner, now=timezone.now())
    Order.objects.filter(pk=order.pk).update(state="STOPPED")
    order.items.filter(position=1).update(state="FAILED")
    order.items.filter(position=2).update(state="STOPPED")

    with pytest.raises(OrderRefused, match="go on first"):
        retry_failed(order, by=owner)
    resume_order(order, by=owner, now=timezone.now())
    retry_failed(order, by=owner)

    assert set(order.items.values_list("state", flat=True)) == {"WAITING"}


def test_foreign_words_stay_words_on_pages_in_files_and_in_mails(as_scoped, pair, order):
    own = pair[0]
    evil = "=cmd|'/c calc'!A1<script>alert(1)</script>\r\nBcc: x@evil.example"
    Relationship.objects.filter(pk=own.pk).update(
        name=evil[:200], reference=evil[:100], customer_name=evil, microsoft_id="javascript:alert(1)//<script>",
        status="approvalPending", locked_at=timezone.now(),
    )  # fmt: skip
    own.customer.name = evil
    own.customer.save(update_fields=["name"])
    SecurityGroup.objects.update(name=evil)
    item = order.items.get(relationship=own)
    item.calls.create(at=timezone.now(), method="PATCH", path="/x", status=400, answer=evil)
    OrderItem.objects.filter(pk=item.pk).update(problem=evil, state="FAILED")
    tenant = own.customer.tenant_id
    pages = ["?status=all", "expiry/", f"customers/{tenant}/", "capabilities/?show=all", f"capabilities/{tenant}/"]
    pages += [f"orders/{order.pk}/", f"relationships/{own.pk}/", f"relationships/{own.pk}/invitation/?to=a%0d%0aBcc:b"]
    pages += [f"tell/{tenant}/?action=TERMINATE", f"orders/new/?action=EXTEND&relationship={own.pk}", "what-if/?all=1"]
    for page in pages:
        shown = text_of(as_scoped.get(f"/delegated-access/{page}"))
        assert "<script>alert" not in shown, page
        assert 'href="javascript:' not in shown, page
        assert not [part for part in shown.split("mailto:")[1:] if set("\r\n<") & set(part.split('"')[0])], page
    for name in (
        "export.csv?status=all",
        "expiry/export.csv",
        "capabilities/export.csv",
        f"orders/{order.pk}/rows.csv",
    ):
        rows = csv.reader(io.StringIO(text_of(as_scoped.get(f"/delegated-access/{name}")).lstrip("\ufeff")))
        assert [cell for row in rows for cell in row if cell.startswith(("=", "+", "@"))] == [], name


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("is_same", [True, False])
def test_of_two_that_start_at_once_only_one_changes_the_relationship(pair, owner, is_same):
    items = [NewItem(connection=pair[0].connection, relationship=pair[0], customer=pair[0].customer)]
    place = partial(place_order, items=items, by=owner, reason="x", parameters={}, now=timezone.now())
    first = place("EXTEND")
    orders = [first, Order.objects.get(pk=first.pk) if is_same else place("TERMINATE")]
    refused, gate = [], threading.Barrier(2)

    def start(order):
        gate.wait(timeout=30)
        try:
            start_order(order, by=owner, now=timezone.now())
        except OrderRefused as error:
            refused.append(error)
        finally:
            database.close()

    threads = [threading.Thread(target=start, args=(order,)) for order in orders]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(refused) == is_same
    assert OrderItem.objects.filter(state="WAITING", order__state="RUNNING").count() == 1
    assert Entry.objects.filter(action="order.started").count() == (1 if is_same else 2)
