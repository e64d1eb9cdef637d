"""The audit: written with the act or not at all, chained, and refused to be changed."""

import pytest
from django.db import DatabaseError, connection, transaction

from csp_portal.audit.actions import Action
from csp_portal.audit.chain import START, breaks_of
from csp_portal.audit.log import AuditError, record
from csp_portal.audit.models import Entry


@pytest.mark.django_db
def test_an_entry_says_who_did_what_to_what_before_and_after(owner, connection):
    entry = record(
        Action.CONNECTION_PAUSED, by=owner, about=connection, before={"is_paused": False}, after={"is_paused": True}
    )

    stored = Entry.objects.get()
    assert (stored.number, stored.action, stored.person_id) == (1, "connection.paused", owner.pk)
    assert stored.person == f"{owner.name} ({owner.email})"
    assert (stored.about_kind, stored.about_id) == ("customers.connection", str(connection.pk))
    assert (stored.before, stored.after) == ({"is_paused": False}, {"is_paused": True})
    assert (stored.previous_hash, stored.hash) == (START, entry.hash)


@pytest.mark.django_db
def test_each_entry_follows_from_the_one_before(owner):
    entries = [record(Action.LINK_CHANGED, by=owner, after={"round": number}) for number in range(5)]

    stored = list(Entry.objects.order_by("number"))
    assert [entry.number for entry in stored] == [1, 2, 3, 4, 5]
    assert [entry.previous_hash for entry in stored[1:]] == [entry.hash for entry in entries[:-1]]
    assert list(breaks_of(stored)) == []


@pytest.mark.django_db
@pytest.mark.parametrize(
    "value", ["\x00nul", "\ud800 half a pair", 10**40, 0.1, {"deep": [1, None, True, {"x": "ä"}]}, {2}]
)
def test_whatever_an_act_says_reads_back_as_it_was_hashed(owner, value):
    record(Action.LINK_CHANGED, by=owner, after={"value": value})

    assert list(breaks_of(Entry.objects.all())) == []


@pytest.mark.django_db(transaction=True)
def test_nothing_is_recorded_outside_the_transaction_of_its_act(owner):
    with pytest.raises(AuditError):
        record(Action.LINK_CHANGED, by=owner)


@pytest.mark.django_db(transaction=True)
def test_an_act_that_fails_leaves_no_entry(owner):
    with pytest.raises(RuntimeError, match="half way"), transaction.atomic():
        record(Action.LINK_CHANGED, by=owner)
        raise RuntimeError("half way")

    assert not Entry.objects.exists()


@pytest.mark.django_db
@pytest.mark.parametrize(
    "statement",
    ["UPDATE audit_entry SET person = 'somebody else'", "DELETE FROM audit_entry", "TRUNCATE audit_entry"],
)
def test_the_database_refuses_to_change_or_remove_an_entry_even_for_its_owner(owner, portal_role, statement):
    record(Action.LINK_CHANGED, by=owner)
    with connection.cursor() as cursor:
        cursor.execute("RESET ROLE")

    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement)

    assert Entry.objects.count() == 1


@pytest.mark.django_db
@pytest.mark.parametrize(
    "what", ["UPDATE audit_entry SET person = ''", "DELETE FROM audit_entry", "TRUNCATE audit_entry"]
)
def test_the_portals_own_role_lacks_the_right_to_even_try(owner, portal_role, what):
    record(Action.LINK_CHANGED, by=owner)

    with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(what)


@pytest.mark.django_db
def test_the_portals_own_role_cannot_switch_the_refusal_off(portal_role):
    with pytest.raises(DatabaseError, match="must be owner"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER ALL")
