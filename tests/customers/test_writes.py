"""Who may write to a customer's tenant, and what holds it up."""

import threading
from datetime import timedelta

import pytest
from django.db import connection as database
from django.db import connections, transaction
from django.utils import timezone

from csp_portal.audit.models import Entry
from customers.models import Connection, Customer, Feed, StopSwitch, TenantWrite
from customers.writes import (
    TooManyWrites,
    WritesStopped,
    pause_customer,
    permit,
    press_stop,
    read_switch,
    release_stop,
    resume_customer,
)
from health.sweep import claim_now


@pytest.fixture
def customer(customers):
    return customers[0]


@pytest.fixture
def may_write(customer):
    """Leave for work that was ordered now."""
    return permit(customer, era=read_switch().era)


def press(owner, reason="Strange changes at Contoso."):
    press_stop(by=owner, reason=reason, now=timezone.now())


def test_a_write_is_let_through_and_counted(may_write, customer):
    may_write()
    may_write()

    assert TenantWrite.objects.filter(customer=customer).count() == 2


def test_a_pressed_switch_refuses_with_its_reason(may_write, owner):
    press(owner)

    with pytest.raises(WritesStopped, match=r"Strange changes at Contoso\."):
        may_write()
    assert not TenantWrite.objects.exists()


def test_after_the_release_what_was_ordered_before_stays_stopped(may_write, customer, owner):
    press(owner)
    release_stop(by=owner)

    with pytest.raises(WritesStopped, match="order it anew"):
        may_write()
    permit(customer, era=read_switch().era)()


def test_pressing_twice_is_pressing_once(owner, access_admin):
    press(owner, "first")
    press_stop(by=access_admin, reason="second", now=timezone.now())

    switch = read_switch()
    assert (switch.era, switch.reason, switch.stopped_by) == (1, "first", owner)
    release_stop(by=owner)
    release_stop(by=owner)
    assert not read_switch().is_pressed
    told = list(Entry.objects.order_by("number").values_list("action", "person_id"))
    assert told == [("writes.stopped", owner.pk), ("writes.released", owner.pk)]


def test_a_paused_customer_is_not_written_and_others_are(customers, owner):
    pause_customer(customers[0], by=owner, reason="They ask us to wait.", now=timezone.now())

    with pytest.raises(WritesStopped, match="paused"):
        permit(customers[0], era=0)()
    permit(customers[1], era=0)()
    resume_customer(customers[0], by=owner)
    permit(customers[0], era=0)()


def test_a_paused_customer_is_not_read_either_and_is_read_at_once_when_resumed(customers, owner):
    pause_customer(customers[0], by=owner, reason="They ask us to wait.", now=timezone.now())
    due = Feed.objects.claim_due(Feed.Kind.HEALTH, limit=100, lease=timedelta(minutes=5))
    theirs = set(customers[0].feeds.values_list("pk", flat=True))

    assert len(due) == len(customers) - 1
    assert not theirs & {pk for pk, _epoch in due}
    assert claim_now(Feed.objects.filter(customer=customers[0])) == []
    Feed.objects.update(due_at=timezone.now() + timedelta(hours=1))
    resume_customer(customers[0], by=owner)
    assert [pk for pk, _e in Feed.objects.claim_due(Feed.Kind.HEALTH, limit=100, lease=timedelta(minutes=5))] == [
        customers[0].feeds.get(kind=Feed.Kind.HEALTH).pk
    ]


def test_pause_and_resume_are_in_the_audit_with_the_reason(customer, owner):
    pause_customer(customer, by=owner, reason="They ask us to wait.", now=timezone.now())
    resume_customer(customer, by=owner)

    paused, resumed = Entry.objects.order_by("number")
    assert (paused.action, str(paused.customer)) == ("customer.paused", customer.tenant_id)
    assert paused.after == {"reason": "They ask us to wait."}
    assert (resumed.action, resumed.before["reason"]) == ("customer.resumed", "They ask us to wait.")


def test_a_paused_connection_is_not_written_through(may_write):
    Connection.objects.update(is_paused=True)

    with pytest.raises(WritesStopped, match=r"connection .* is paused"):
        may_write()


@pytest.mark.parametrize("change", [{"connection": None}, {"gone_at": timezone.now()}])
def test_a_customer_without_connection_or_that_is_gone_is_not_written(customer, may_write, change):
    Customer.objects.filter(pk=customer.pk).update(**change)

    with pytest.raises(WritesStopped, match="no connection"):
        may_write()


def test_the_ceiling_holds_until_the_first_write_is_an_hour_old(settings, customer, may_write):
    settings.TENANT_WRITES_PER_HOUR = 3
    for _ in range(3):
        may_write()

    with pytest.raises(TooManyWrites, match="3 changes") as caught:
        may_write()
    first = TenantWrite.objects.order_by("at").first()
    assert caught.value.retry_at == first.at + timedelta(hours=1)
    TenantWrite.objects.filter(pk=first.pk).update(at=first.at - timedelta(hours=1))
    may_write()
    assert TenantWrite.objects.count() == 3  # the old one was swept away


def test_the_ceiling_is_each_tenants_own(settings, customers):
    settings.TENANT_WRITES_PER_HOUR = 1
    for customer in customers[:3]:
        permit(customer, era=0)()

    assert TenantWrite.objects.count() == 3


def test_a_second_persons_approval_lifts_the_ceiling_but_not_the_switch(settings, customer, owner):
    settings.TENANT_WRITES_PER_HOUR = 1
    may_write = permit(customer, era=0, has_second_approval=True)
    for _ in range(3):
        may_write()
    press(owner)

    with pytest.raises(WritesStopped, match="stopped"):
        may_write()


@pytest.mark.django_db(transaction=True)
def test_no_two_threads_pass_the_ceiling_together(settings, customers):
    settings.TENANT_WRITES_PER_HOUR = 10
    may_write, let_through = permit(customers[0], era=0), []

    def hurry() -> None:
        for _ in range(10):
            try:
                may_write()
                let_through.append(1)
            except TooManyWrites:
                pass
        connections.close_all()

    threads = [threading.Thread(target=hurry) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(let_through) == TenantWrite.objects.count() == 10


@pytest.mark.django_db(transaction=True)
def test_leave_is_never_given_inside_a_transaction(customers):
    """The network is never inside one; and what a transaction began with may be old."""
    with pytest.raises(RuntimeError, match="durable"), transaction.atomic():
        permit(customers[0], era=0)()


@pytest.mark.django_db(transaction=True)
def test_a_thread_whose_connection_died_asks_over_a_new_one(customers):
    may_write = permit(customers[0], era=0)
    may_write()
    with database.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        pid = cursor.fetchone()[0]

    def cut() -> None:
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s)", [pid])
        connections.close_all()

    thread = threading.Thread(target=cut)
    thread.start()
    thread.join()

    may_write()

    assert TenantWrite.objects.count() == 2


def test_there_is_only_one_switch(owner):
    press(owner)
    with pytest.raises(Exception, match="one_stop_switch"), transaction.atomic():
        StopSwitch.objects.create(pk=2)
