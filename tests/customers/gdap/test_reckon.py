"""What we can do at a customer: each cause of a red cell from facts of its own, and unknown is never green."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any
from uuid import UUID, uuid4

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customers.gdap.capabilities import GLOBAL_READER, JOB_OF_KEY, JOBS, SENSIBLE_ROLES, SERVICE_SUPPORT
from customers.gdap.facts import Facts, Grant, Group, Held, Person
from customers.gdap.reckon import UNKNOWN, Cause, Color, Step, cell_of, cells_of
from customers.models import GLOBAL_ADMINISTRATOR

NOW = datetime(2026, 6, 1, 12, tzinfo=UTC)
CONNECTION = uuid4()
TICKETS = JOB_OF_KEY["M365_TICKETS"]
HEALTH = JOB_OF_KEY["READ_HEALTH"]
SUPPORT = frozenset({UUID(SERVICE_SUPPORT)})
READER = frozenset({UUID(GLOBAL_READER)})
GROUP = Group(group_id=uuid4(), pk=1, name="Helpdesk", members=3)
HELD = Held(pk=1, status="active", group=GROUP, role_ids=SUPPORT)
GRANT = Grant(
    pk=1,
    name="Support",
    status="active",
    role_ids=SUPPORT,
    ends_at=datetime(2027, 6, 1, tzinfo=UTC),
    assignments=(HELD,),
)
WHOLE = Facts(customer=1, connection=CONNECTION, grants=(GRANT,), has_consent=True, signs_in_as_itself=False)


def _with(**changes: Any) -> Facts:
    return replace(WHOLE, grants=(replace(GRANT, **changes),))


def _held(**changes: Any) -> Facts:
    return _with(assignments=(replace(HELD, **changes),))


CHAIN = [
    (WHOLE, None),
    (replace(WHOLE, grants=()), Cause.NO_RELATIONSHIP),
    (_with(status="approvalPending"), Cause.NO_RELATIONSHIP),
    (_with(status="expired"), Cause.NO_RELATIONSHIP),
    (_with(ends_at=NOW), Cause.NO_RELATIONSHIP),
    (_with(status="aWordOfTomorrow"), Cause.NO_RELATIONSHIP),
    (_with(role_ids=READER), Cause.ROLE_MISSING),
    (_with(assignments=()), Cause.NO_ASSIGNMENT),
    (_held(role_ids=READER), Cause.NO_ASSIGNMENT),
    (_held(status="deleting"), Cause.NO_ASSIGNMENT),
    (_held(group=replace(GROUP, is_gone=True)), Cause.NO_ASSIGNMENT),
    (_held(status="pending"), Cause.NOT_IN_EFFECT),
    (_held(status="error"), Cause.NOT_IN_EFFECT),
    (_held(group=replace(GROUP, members=0)), Cause.NOT_IN_GROUP),
    (replace(WHOLE, contract_ends_on=date(2027, 6, 2)), Cause.ENDS_EARLY),
    (replace(WHOLE, contract_ends_on=date(2027, 6, 1)), None),
    (replace(_with(auto_extends=True), contract_ends_on=date(2030, 1, 1)), None),
    (
        replace(
            _with(auto_extends=True, role_ids=SUPPORT | {UUID(GLOBAL_ADMINISTRATOR)}), contract_ends_on=date(2030, 1, 1)
        ),
        Cause.ENDS_EARLY,
    ),
    (replace(WHOLE, is_read=False), Cause.NOT_READ),
    (replace(WHOLE, connection=None), Cause.NOT_READ),
    (replace(WHOLE, has_feature=False), Cause.NO_FEATURE),
    (_with(assignments=None), Cause.NOT_READ),
    (_held(group=replace(GROUP, members=None)), Cause.NOT_READ),
]


@pytest.mark.parametrize(("facts", "cause"), CHAIN)
def test_the_first_broken_link_is_named(facts: Facts, cause: Cause | None) -> None:
    assert cell_of(TICKETS, facts=facts, now=NOW).cause == cause


@pytest.mark.parametrize(
    ("facts", "cause"),
    [
        (WHOLE, None),
        (replace(WHOLE, has_consent=False), Cause.CONSENT_MISSING),
        (replace(WHOLE, has_consent=None), Cause.NOT_READ),
        (replace(WHOLE, has_consent=False, grants=()), Cause.NO_RELATIONSHIP),
        (replace(WHOLE, grants=(), signs_in_as_itself=True), None),
        (replace(WHOLE, grants=(), signs_in_as_itself=True, has_consent=False), Cause.CONSENT_MISSING),
        (replace(WHOLE, grants=(), signs_in_as_itself=True, has_consent=None), Cause.NOT_READ),
    ],
)
def test_reading_health_takes_consent_and_a_role_only_where_a_person_signed_in(
    facts: Facts, cause: Cause | None
) -> None:
    assert cell_of(HEALTH, facts=facts, now=NOW).cause == cause


@pytest.mark.parametrize(
    ("groups", "cause"),
    [
        ({CONNECTION: frozenset({GROUP.group_id})}, None),
        ({CONNECTION: frozenset({uuid4()})}, Cause.NOT_IN_GROUP),
        ({CONNECTION: frozenset[UUID]()}, Cause.NOT_IN_GROUP),
        ({}, Cause.PERSON_UNKNOWN),
        ({uuid4(): frozenset({GROUP.group_id})}, Cause.PERSON_UNKNOWN),
    ],
)
def test_a_person_can_do_what_a_group_of_theirs_can(groups: dict[UUID, frozenset[UUID]], cause: Cause | None) -> None:
    cell = cell_of(TICKETS, facts=WHOLE, now=NOW, person=Person(group_ids=groups))

    assert cell.cause == cause
    assert cell.broken_at == (Step.MEMBER if cause else None)


def test_one_way_that_holds_is_enough_and_else_the_one_that_got_furthest_is_told() -> None:
    pending = replace(GRANT, pk=2, assignments=(replace(HELD, status="pending"),))
    other = replace(GRANT, pk=3, role_ids=READER)

    both = replace(WHOLE, grants=(other, pending))
    assert cell_of(TICKETS, facts=both, now=NOW).cause == Cause.NOT_IN_EFFECT
    assert cell_of(TICKETS, facts=replace(WHOLE, grants=(other, pending, GRANT)), now=NOW).color == Color.GREEN


def test_what_may_yet_hold_is_amber_and_not_red() -> None:
    unread = replace(GRANT, pk=2, assignments=None)
    failed = replace(GRANT, pk=3, assignments=(replace(HELD, status="error"),))

    assert cell_of(TICKETS, facts=replace(WHOLE, grants=(failed, unread)), now=NOW).color == Color.AMBER


def test_an_invitation_on_its_way_is_named_with_the_missing_relationship() -> None:
    cell = cell_of(TICKETS, facts=_with(status="approvalPending"), now=NOW)

    assert cell.grant is not None
    assert cell.grant.status == "approvalPending"


_groups = st.builds(
    Group, group_id=st.just(GROUP.group_id), is_gone=st.booleans(), members=st.sampled_from([None, 0, 2]), pk=st.just(1)
)
_roles = st.frozensets(st.sampled_from([*SUPPORT, *READER, UUID(GLOBAL_ADMINISTRATOR)]))
_helds = st.builds(
    Held,
    pk=st.just(1),
    status=st.sampled_from(["active", "pending", "error", "deleted"]),
    group=_groups,
    role_ids=_roles,
)
_grants = st.builds(
    Grant,
    pk=st.just(1),
    name=st.just("Support"),
    status=st.sampled_from(["active", "expiring", "expired", "approvalPending", "new"]),
    role_ids=_roles,
    ends_at=st.sampled_from([None, NOW, datetime(2026, 9, 1, tzinfo=UTC)]),
    auto_extends=st.booleans(),
    assignments=st.none() | st.tuples(_helds) | st.just(()),
)
_facts = st.builds(
    Facts,
    customer=st.just(1),
    connection=st.sampled_from([None, CONNECTION]),
    has_feature=st.booleans(),
    is_read=st.booleans(),
    grants=st.lists(_grants, max_size=2).map(tuple),
    contract_ends_on=st.sampled_from([None, date(2026, 8, 1), date(2027, 1, 1)]),
    signs_in_as_itself=st.booleans(),
    has_consent=st.sampled_from([None, True, False]),
)
_persons = st.none() | st.sampled_from(
    [
        Person(group_ids={}),
        Person(group_ids={CONNECTION: frozenset()}),
        Person(group_ids={CONNECTION: frozenset({GROUP.group_id})}),
    ]
)


@settings(deadline=None)
@given(facts=_facts, person=_persons)
def test_green_only_where_a_way_was_seen_to_hold_from_end_to_end(facts: Facts, person: Person | None) -> None:
    for cell in cells_of(facts, now=NOW, person=person):
        assert (cell.color == Color.GREEN) == (cell.cause is None)
        assert (cell.color == Color.AMBER) == (cell.cause in UNKNOWN)
        if cell.color != Color.GREEN:
            continue
        if cell.job.takes_consent:
            assert facts.has_consent is True
        if cell.job.takes_consent and facts.signs_in_as_itself:
            continue
        grant, held = cell.grant, cell.held
        assert grant is not None
        assert held is not None
        assert facts.is_read
        assert facts.has_feature
        assert grant.status in {"active", "expiring"}
        assert grant.ends_at is None or grant.ends_at > NOW
        assert held.status == "active"
        assert held.group.members
        assert not held.group.is_gone
        assert cell.job.role_ids & held.role_ids & grant.role_ids


def test_the_roles_that_a_template_starts_with_are_enough_for_every_job_but_never_the_strongest() -> None:
    assert all(job.role_ids & set(map(UUID, SENSIBLE_ROLES)) for job in JOBS)
    assert GLOBAL_ADMINISTRATOR not in SENSIBLE_ROLES
    assert TICKETS.least_role == UUID(SERVICE_SUPPORT)
    assert len({job.key for job in JOBS}) == len(JOBS)
