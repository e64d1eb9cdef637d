"""What Microsoft would refuse is refused before the call, each time with the reason."""

import uuid

import pytest
from django.utils import timezone

from csp_portal.microsoft.clouds import load_clouds
from customers.gdap.periods import days_of, is_allowed
from customers.gdap.rules import POSSIBLE_IN, why_not
from customers.models import (
    GLOBAL_ADMINISTRATOR,
    AccessAssignment,
    Connection,
    Customer,
    Order,
    Relationship,
    StopSwitch,
)

Action = Order.Action
Status = Relationship.Status
READER, SUPPORT = "f2ef992c-3afb-46b9-b7cf-a126ee74c451", "f023fd81-a637-4b56-95fd-791ac0226033"
GROUP = str(uuid.UUID(int=7))
NEW = {"name": "Support Contoso", "duration": "P730D", "role_ids": [READER], "extends": True}

# Microsoft's state machine (reference 2.1, 2.2), written down once more and on purpose not taken from the rules.
DOCUMENTED = {
    "created": {Action.EDIT, Action.DELETE, Action.LOCK, Action.EXTEND, Action.DO_NOT_EXTEND},
    "active": {
        *(Action.TERMINATE, Action.EXTEND, Action.DO_NOT_EXTEND, Action.REMOVE_GLOBAL_ADMINISTRATOR),
        *(Action.ASSIGN, Action.CHANGE_ASSIGNMENT, Action.UNASSIGN),
    },
}


@pytest.fixture(autouse=True)
def clouds(settings):
    settings.MICROSOFT_CLOUDS = load_clouds({})


def relationship(**columns):
    connection = Connection(name="Nord", cloud="global", partner_tenant_id=uuid.UUID(int=1))
    customer = Customer(pk=1, name="Contoso", tenant_id=uuid.UUID(int=2), connection=connection)
    facts = {"status": "active", "name": "Support", "duration": "P730D", "role_ids": [READER, SUPPORT]}
    return Relationship(connection=connection, customer=customer, **(facts | columns))


def assignment(**columns):
    return AccessAssignment(**({"status": "active", "group_id": GROUP, "role_ids": [READER]} | columns))


def refusal(action, found=None, *, switch=None, **more):
    return why_not(action, found, switch=switch or StopSwitch(), **more)


def fitting(action, status):
    """A case of this action in which only the status may stand in the way."""
    roles = [GLOBAL_ADMINISTRATOR, READER] if action == Action.REMOVE_GLOBAL_ADMINISTRATOR else [READER, SUPPORT]
    held = assignment() if action in (Action.CHANGE_ASSIGNMENT, Action.UNASSIGN) else None
    asked = {"group_id": GROUP, "role_ids": [READER]} if action != Action.EDIT else {"name": "New"}
    return relationship(status=status, role_ids=roles), {"assignment": held, "parameters": asked}


@pytest.mark.parametrize("status", [*Status.values, "somethingNew"])
@pytest.mark.parametrize("action", sorted(POSSIBLE_IN))
def test_each_action_is_possible_in_its_documented_states_and_in_no_other(action, status):
    found, more = fitting(action, status)

    refused = refusal(action, found, **more)

    if action in DOCUMENTED.get(status, ()):
        assert refused is None
    else:
        assert refused


@pytest.mark.parametrize("action", sorted(POSSIBLE_IN))
def test_what_microsoft_no_longer_reports_can_not_be_changed(action):
    found, more = fitting(action, "active")
    found.gone_at = timezone.now()

    assert "no longer reports" in refusal(action, found, **more)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"name": ""}, "needs a name"),
        ({"name": "x" * 51}, "at most 50 characters; this one has 51"),
        ({"name": "x" * 50}, None),
        ({"name": "taken"}, "called taken"),
        ({"duration": "P0D"}, "between one day and two years"),
        ({"duration": "P1D"}, None),
        ({"duration": "P2Y"}, None),
        ({"duration": "P24M"}, None),
        ({"duration": "P731D"}, "between one day and two years"),
        ({"duration": "P2Y1D"}, "between one day and two years"),
        ({"duration": "two years"}, "between one day and two years"),
        ({"role_ids": []}, "at least one role"),
        ({"role_ids": [GLOBAL_ADMINISTRATOR]}, "can't extend by itself"),
        ({"role_ids": [GLOBAL_ADMINISTRATOR], "extends": False}, None),
    ],
)
def test_what_a_new_relationship_may_be(changed, said):
    found = relationship()

    refused = refusal(
        Action.CREATE, connection=found.connection, parameters=NEW | changed, names_taken={"Taken", "other"}
    )

    assert (said is None and refused is None) or said in refused


def test_an_edited_one_may_keep_its_own_name_and_is_judged_as_a_whole():
    found = relationship(status="created", role_ids=[GLOBAL_ADMINISTRATOR, READER])

    assert refusal(Action.EDIT, found, parameters={"duration": "P30D"}, names_taken={"Support"}) is None
    assert "can't extend" in refusal(Action.EDIT, found, parameters={"extends": True})


def test_global_administrator_bars_the_extension_and_can_be_taken_out_unless_it_is_the_only_role():
    with_it = relationship(role_ids=[GLOBAL_ADMINISTRATOR, READER])

    assert "can't extend by itself" in refusal(Action.EXTEND, with_it)
    assert refusal(Action.DO_NOT_EXTEND, with_it) is None
    assert refusal(Action.REMOVE_GLOBAL_ADMINISTRATOR, with_it) is None
    assert "not among" in refusal(Action.REMOVE_GLOBAL_ADMINISTRATOR, relationship())
    only = relationship(role_ids=[GLOBAL_ADMINISTRATOR])
    assert "only role" in refusal(Action.REMOVE_GLOBAL_ADMINISTRATOR, only)


@pytest.mark.parametrize(
    ("action", "held", "asked", "said"),
    [
        (Action.ASSIGN, None, {"role_ids": [READER]}, "Choose the security group"),
        (Action.ASSIGN, None, {"group_id": GROUP, "role_ids": []}, "at least one role"),
        (Action.ASSIGN, None, {"group_id": GROUP, "role_ids": [READER, str(uuid.UUID(int=9))]}, "1 of these"),
        (Action.ASSIGN, assignment(), {"group_id": GROUP, "role_ids": [READER]}, "holds roles here already"),
        (Action.ASSIGN, assignment(status="deleted"), {"group_id": GROUP, "role_ids": [READER]}, None),
        (Action.CHANGE_ASSIGNMENT, None, {"role_ids": [READER]}, "holds no roles here"),
        (Action.CHANGE_ASSIGNMENT, assignment(status="deleting"), {"role_ids": [READER]}, "taken away already"),
        (Action.CHANGE_ASSIGNMENT, assignment(), {"role_ids": [GLOBAL_ADMINISTRATOR]}, "1 of these"),
        (Action.UNASSIGN, assignment(gone_at=timezone.now()), {}, "taken away already"),
    ],
)
def test_a_groups_roles_are_some_of_the_relationships(action, held, asked, said):
    refused = refusal(action, relationship(), assignment=held, parameters=asked)

    assert (said is None and refused is None) or said in refused


def test_what_stops_all_writes_is_named_first():
    found = relationship()
    pressed = StopSwitch(stopped_at=timezone.now(), reason="Strange changes.")

    assert "Strange changes." in refusal(Action.EXTEND, found, switch=pressed)
    found.customer.paused_at = timezone.now()
    assert "Contoso is paused" in refusal(Action.EXTEND, found)
    found.customer.paused_at, found.connection.is_paused = None, True
    assert "connection Nord is paused" in refusal(Action.EXTEND, found)


def test_where_the_cloud_has_no_such_thing_it_is_said():
    found = relationship()
    found.connection.cloud = "china"

    assert "no granular delegated admin privileges" in refusal(Action.EXTEND, found)
    assert "no granular delegated admin privileges" in refusal(
        Action.CREATE, connection=found.connection, parameters=NEW
    )


def test_only_a_connection_by_the_secure_application_model_consents_for_a_customer():
    found = relationship()
    found.connection.auth_model = Connection.AuthModel.APP_ONLY

    assert "app-only" in refusal(Action.CONSENT, connection=found.connection, customer=found.customer)
    found.connection.auth_model = Connection.AuthModel.SECURE_APP_MODEL
    assert refusal(Action.CONSENT, connection=found.connection, customer=found.customer) is None


@pytest.mark.parametrize(
    ("period", "days"),
    [("P730D", 730), ("P2Y", 730), ("P6M", 182), ("P2W", 14), ("PT0S", 0), ("P", None), ("", None)],
)
def test_periods_are_read_as_microsoft_writes_them(period, days):
    assert days_of(period) == days
    assert is_allowed(period) is bool(days)
