"""Orders are carried out once, whatever happens on the way."""

from datetime import timedelta

import pytest
from django.utils import timezone

from csp_portal.audit.models import Entry
from customers.gdap.carry_out import carry_out, claim_items
from customers.gdap.orders import (
    OrderRefused,
    approve_order,
    place_order,
    resume_order,
    retry_failed,
    start_order,
    stop_order,
)
from customers.models import Order, OrderCall, OrderItem, Relationship, TenantWrite
from customers.writes import pause_customer, press_stop, release_stop

pytestmark = pytest.mark.django_db(transaction=True)
NOW = timezone.now()
State = OrderItem.State


@pytest.fixture
def order_extension(access_admin, of):
    """An order to extend these, started."""

    def order(rows, *, action="EXTEND", started=True):
        placed = place_order(
            action, items=[of(row) for row in rows], by=access_admin, reason="Contract", parameters={}, now=NOW
        )
        if started:
            start_order(placed, by=access_admin, now=NOW)
        return placed

    return order


def work(*, now=None):
    claims = claim_items(limit=500)
    carry_out(claims, now=now or timezone.now())
    return len(claims)


def states(order):
    return sorted(order.items.values_list("state", flat=True))


def writes(sandbox):
    return [one for one in sandbox.writes() if "delegatedAdminRelationships" in one.path]


def test_an_order_is_carried_out_and_every_call_is_kept(order_extension, extendable, sandbox, access_admin):
    order = order_extension(extendable)

    assert work() == len(extendable)

    order.refresh_from_db()
    assert (order.state, states(order)) == ("DONE", ["DONE"] * len(extendable))
    item = order.items.first()
    call = item.calls.get()
    assert (call.method, call.status, call.body) == ("PATCH", 200, {"autoExtendDuration": "P180D"})
    assert call.correlation_id
    assert (item.before["auto_extend_duration"], item.after["auto_extend_duration"]) == ("", "P180D")
    assert Relationship.objects.get(pk=extendable[0].pk).auto_extends
    told = Entry.objects.filter(action="order.item_done")
    assert told.count() == len(extendable)
    assert (told[0].person_id, told[0].before["auto_extend_duration"]) == (access_admin.pk, "")
    assert len(writes(sandbox)) == len(extendable)
    assert work() == 0


def test_what_is_so_already_or_not_possible_is_said_in_the_draft_and_never_sent(
    order_extension, relationships, extendable, sandbox
):
    order = order_extension(relationships, started=False)

    found = {item.relationship_id: item for item in order.items.all()}
    for row in relationships:
        item = found[row.pk]
        if row in extendable or (row.status == "created" and not row.auto_extends and not row.has_global_administrator):
            assert (item.state, item.problem) == (State.WAITING, "")
        elif row.is_active and row.auto_extends:
            assert item.state == State.NOTHING
        else:
            assert item.state == State.REFUSED
            assert item.problem
    assert work() == 0
    assert writes(sandbox) == []


def test_what_somebody_changed_elsewhere_is_tried_again_if_it_does_not_touch_the_order(
    order_extension, extendable, sandbox
):
    order = order_extension(extendable[:2])
    Relationship.objects.filter(pk=extendable[0].pk).update(etag='W/"stale"')

    work()
    assert states(order) == ["DONE", "WAITING"]
    assert "not touched" in order.items.get(state=State.WAITING).problem
    work()

    assert states(order) == ["DONE", "DONE"]
    item = order.items.get(relationship=extendable[0])
    assert list(item.calls.order_by("pk").values_list("status", flat=True)) == [412, 200]


def test_what_is_not_as_the_person_saw_it_is_left_alone_and_named(order_extension, extendable, sandbox):
    placed = order_extension(extendable[:1], started=False)
    placed.items.update(before={**placed.items.get().before, "auto_extend_duration": "P90D"})
    start_order(placed, by=placed.ordered_by, now=NOW)

    work()

    item = placed.items.get()
    assert item.state == State.FAILED
    assert "changed at Microsoft after you looked at it: Automatic extension" in item.problem
    assert writes(sandbox) == []


def test_a_throttled_partner_is_left_alone_until_the_pause_is_over(
    order_extension, extendable, sandbox, sandbox_world, make_due
):
    order = order_extension(extendable[:3])
    sandbox_world.partner.tenant.throttled_for = 120

    work()

    assert len(writes(sandbox)) == 1
    assert states(order) == ["WAITING"] * 3
    soonest = order.items.order_by("due_at").first()
    assert soonest.due_at > timezone.now() + timedelta(seconds=100)
    assert work() == 0
    sandbox_world.partner.tenant.heal()
    make_due()
    work()
    assert states(order) == ["DONE"] * 3
    assert set(order.items.values_list("tries", flat=True)) == {1}


def test_after_a_lost_answer_it_looks_before_it_sends_again(
    order_extension, extendable, sandbox, sandbox_world, make_due
):
    order = order_extension(extendable[:1])
    sandbox_world.partner.tenant.reset_connection = True

    work()
    item = order.items.get()
    assert (item.state, item.calls.get().status) == (State.SENDING, None)
    assert work() == 0
    sandbox_world.partner.tenant.heal()
    make_due()
    work()

    assert states(order) == ["DONE"]


def test_a_worker_killed_after_sending_repeats_nothing_that_was_done(
    order_extension, extendable, sandbox, make_due, read_relationships
):
    """The call reached Microsoft and the worker died before it could say so: the item is found as SENDING."""
    order = order_extension(extendable[:1])
    work()
    item = order.items.get()
    Order.objects.update(state="RUNNING")
    OrderItem.objects.update(state=State.SENDING, after=None)
    OrderCall.objects.update(status=None)
    make_due()

    work()

    item.refresh_from_db()
    assert item.state == State.DONE
    assert len(writes(sandbox)) == 1


def test_a_worker_that_slept_past_its_lease_sends_nothing(order_extension, extendable, sandbox, make_due):
    order_extension(extendable[:1])
    stale = claim_items(limit=10)
    make_due()
    claim_items(limit=10)

    carry_out(stale, now=NOW)

    assert writes(sandbox) == []


def test_five_failures_set_an_item_aside_and_a_person_tries_it_again(
    order_extension, extendable, sandbox_world, make_due, access_admin
):
    order = order_extension(extendable[:1])
    sandbox_world.partner.tenant.fail_with = 500
    for _ in range(12):
        make_due()
        work()

    item = order.items.get()
    assert item.state in (State.FAILED, State.UNCERTAIN)
    assert item.problem
    order.refresh_from_db()
    assert order.state == "DONE"
    sandbox_world.partner.tenant.heal()
    assert retry_failed(order, by=access_admin) == 1
    work()
    assert states(order) == ["DONE"]


def test_what_microsoft_refuses_is_set_aside_with_its_words(order_extension, extendable, sandbox_world):
    order = order_extension(extendable[:1])
    sandbox_world.partner.permissions.discard("DelegatedAdminRelationship.ReadWrite.All")

    work()

    item = order.items.get()
    assert item.state == State.FAILED
    assert "403" in item.problem


def test_stop_and_resume(order_extension, extendable, access_admin, owner, sandbox):
    order = order_extension(extendable[:3])
    carry_out(claim_items(limit=1), now=NOW)
    stop_order(order, by=access_admin, now=NOW)

    assert work() == 0
    assert states(order) == ["DONE", "STOPPED", "STOPPED"]
    with pytest.raises(OrderRefused):
        stop_order(order, by=access_admin, now=NOW)
    resume_order(order, by=owner, now=NOW)
    work()

    assert states(order) == ["DONE"] * 3
    assert len(writes(sandbox)) == 3
    told = Entry.objects.filter(action__startswith="order.").exclude(action="order.item_done").order_by("number")
    assert [one.action for one in told] == ["order.placed", "order.started", "order.stopped", "order.resumed"]


def test_in_the_name_of_somebody_who_was_disabled_nothing_more_is_changed(
    order_extension, extendable, access_admin, owner, sandbox
):
    order = order_extension(extendable[:3])
    carry_out(claim_items(limit=1), now=NOW)
    type(access_admin).objects.filter(pk=order.started_by_id).update(is_active=False)

    work()

    order.refresh_from_db()
    assert (order.state, states(order)) == ("STOPPED", ["DONE", "STOPPED", "STOPPED"])
    assert "Somebody else has to let it go on" in order.items.filter(state=State.STOPPED).first().problem
    resume_order(order, by=owner, now=NOW)
    work()
    assert states(order) == ["DONE"] * 3
    assert len(writes(sandbox)) == 3


def test_the_stop_switch_ends_an_order_until_a_person_resumes_it(order_extension, extendable, owner, sandbox, make_due):
    order = order_extension(extendable[:2])
    press_stop(by=owner, reason="Strange changes.", now=NOW)

    work()

    order.refresh_from_db()
    assert (order.state, states(order)) == ("STOPPED", ["STOPPED"] * 2)
    assert "Strange changes." in order.items.first().problem
    with pytest.raises(OrderRefused, match=r"Strange changes\."):
        resume_order(order, by=owner, now=NOW)
    release_stop(by=owner)
    make_due()
    assert work() == 0
    resume_order(order, by=owner, now=NOW)
    work()
    assert states(order) == ["DONE"] * 2
    assert len(writes(sandbox)) == 2


def test_a_paused_customers_row_is_set_aside_and_the_others_go_on(order_extension, extendable, owner):
    order = order_extension(extendable[:2])
    pause_customer(extendable[0].customer, by=owner, reason="They ask us to wait.", now=NOW)

    work()

    assert states(order) == ["DONE", "FAILED"]
    assert "paused" in order.items.get(state=State.FAILED).problem


def test_the_ceiling_of_writes_waits_or_a_second_person_approves(
    settings, order_extension, extendable, access_admin, owner
):
    settings.TENANT_WRITES_PER_HOUR = 1
    TenantWrite.objects.create(customer=extendable[0].customer)
    order = order_extension(extendable[:1])

    work()

    item = order.items.get()
    assert item.state == State.WAITING
    assert item.due_at > timezone.now() + timedelta(minutes=50)
    with pytest.raises(OrderRefused, match="Somebody else"):
        approve_order(order, by=access_admin)
    approve_order(order, by=owner)
    work()
    assert states(order) == ["DONE"]


def test_a_relationship_that_another_order_still_changes_is_left_out(order_extension, extendable):
    first = order_extension(extendable[:2])
    second = order_extension(extendable[1:3])

    assert states(second) == ["REFUSED", "WAITING"]
    assert states(first) == ["WAITING", "WAITING"]
