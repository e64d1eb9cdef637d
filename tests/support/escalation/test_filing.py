"""An escalation is filed with Azure Support once, and whatever Microsoft answers has its consequence."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from csp_portal.microsoft.sandbox.azure_world import FilingFaults
from csp_portal.microsoft.sandbox.world import World
from customers.models import Customer
from customers.writes import press_stop
from support.escalation.beginning import Refused
from support.escalation.filing import claim, file_due
from support.escalation.ordering import order_filing, settle_as_filed, settle_as_not_filed
from support.escalation.outcomes import Superseded, put_off
from support.escalation.sending import send
from support.escalation.tempo import Tempo
from support.models import Entry, Escalation, SupportPlan, Ticket
from tests.support.escalation.azure import AT_ONCE, draft_of, filing_at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def contoso(customers: list[Customer]) -> Customer:
    return customers[0]


@pytest.fixture
def draft(contoso: Customer, support_agent: User) -> Escalation:
    SupportPlan.objects.create(kind="PREMIER", valid_from="2026-01-01", incidents_left=3)
    return draft_of(contoso, by=support_agent, now=NOW)


@pytest.fixture
def ordered(draft: Escalation, contoso: Customer, sandbox_world: World, support_agent: User) -> Escalation:
    return order_filing(draft.pk, filing=filing_at(sandbox_world, contoso), by=support_agent, now=NOW)


def go_on(*, rounds: int = 1, tempo: Tempo = AT_ONCE) -> Escalation:
    for _round in range(rounds):
        file_due(now=NOW, tempo=tempo, limit=1)
    return Escalation.objects.get()


def faults(world: World, **shares: Any) -> None:
    world.azure.faults = FilingFaults(**shares)


def test_it_is_filed_once_and_the_ticket_waits_for_microsoft(ordered: Escalation, sandbox_world: World) -> None:
    filed = go_on(rounds=3)
    (there,) = sandbox_world.azure.tickets
    assert (filed.state, filed.microsoft_number, filed.remote_id) == ("FILED", there.number, there.id)
    assert there.properties["title"] == f"The VM web-01 can't be reached [ref: {filed.marker}]"
    assert there.properties["severity"] == "moderate"
    assert "Business impact:\nThe shop is closed." in str(there.properties["description"])
    assert Ticket.objects.get().status == "WAITING_MICROSOFT"
    note = Entry.objects.get(kind=Entry.Kind.NOTE)
    assert there.number in note.text
    assert note.is_public is False
    assert SupportPlan.objects.get().incidents_left == 2
    assert [entry.action for entry in AuditEntry.objects.filter(action__startswith="escalation.").order_by("pk")] == [
        "escalation.gate_passed",
        "escalation.ordered",
        "escalation.filed",
    ]
    assert file_due(now=NOW, tempo=AT_ONCE) == 0


def test_a_second_click_finds_the_same_row(
    ordered: Escalation, contoso: Customer, sandbox_world: World, support_agent: User
) -> None:
    again = order_filing(ordered.pk, filing=filing_at(sandbox_world, contoso), by=support_agent, now=NOW)
    assert (again.pk, again.epoch, again.marker) == (ordered.pk, ordered.epoch, ordered.marker)
    go_on(rounds=3)
    order_filing(ordered.pk, filing=filing_at(sandbox_world, contoso), by=support_agent, now=NOW)
    assert file_due(now=NOW, tempo=AT_ONCE) == 0
    assert len(sandbox_world.azure.tickets) == 1


@pytest.mark.parametrize(
    ("other", "refusal"),
    [
        ({"impact": "", "tried": " "}, ("incomplete", "Impact on the business; What was tried")),
        ({"resource_id": ""}, ("incomplete", "Resource")),
        ({"subscription_id": "../../elsewhere"}, ("incomplete", "Subscription")),
        ({"address": "Boss@{domain}"}, ("customers_contact", "Name one of our own people")),
    ],
)
def test_what_is_missing_is_said_before_filing(
    draft: Escalation, sandbox_world: World, support_agent: User, other: dict[str, str], refusal: tuple[str, str]
) -> None:
    code, words = refusal
    contoso = draft.ticket.customer
    assert contoso is not None
    said = {name: value.format(domain=contoso.domain) for name, value in other.items()}
    with pytest.raises(Refused, match=words) as refused:
        order_filing(draft.pk, filing=filing_at(sandbox_world, contoso, **said), by=support_agent, now=NOW)
    assert refused.value.code == code
    assert Escalation.objects.get().state == "DRAFT"


def test_a_gate_that_closed_meanwhile_stops_it(
    draft: Escalation, contoso: Customer, sandbox_world: World, support_agent: User
) -> None:
    Escalation.objects.update(override_reason="")
    with pytest.raises(Refused, match="was not checked yet"):
        order_filing(draft.pk, filing=filing_at(sandbox_world, contoso), by=support_agent, now=NOW)


def test_a_lost_answer_is_looked_up_and_the_request_adopted(ordered: Escalation, sandbox_world: World) -> None:
    faults(sandbox_world, lost=1.0)
    assert go_on().state == "UNKNOWN"
    filed = go_on()
    assert (filed.state, filed.attempts) == ("FILED", 1)
    assert filed.microsoft_number == sandbox_world.azure.tickets[0].number


def test_what_is_not_found_twice_is_sent_once_more_and_then_left_to_a_person(
    ordered: Escalation, sandbox_world: World, support_agent: User
) -> None:
    faults(sandbox_world, dropped=1.0)
    assert go_on().state == "UNKNOWN"
    assert go_on().state == "RECONCILE"
    assert go_on().state == "PENDING"
    left = go_on(rounds=3)
    assert (left.state, left.attempts, left.is_resent) == ("OPERATOR", 2, True)
    assert file_due(now=NOW, tempo=AT_ONCE) == 0
    assert AuditEntry.objects.filter(action="escalation.set_aside").count() == 1

    faults(sandbox_world)
    settle_as_not_filed(left.pk, by=support_agent, now=NOW)
    with pytest.raises(Refused, match="decided this already"):
        settle_as_not_filed(left.pk, by=support_agent, now=NOW)
    assert go_on(rounds=3).state == "FILED"
    assert len(sandbox_world.azure.tickets) == 1


def test_a_person_who_found_it_records_a_number_of_the_right_shape(ordered: Escalation, support_agent: User) -> None:
    Escalation.objects.update(state="OPERATOR")
    with pytest.raises(Refused, match="no number of Microsoft's"):
        settle_as_filed(ordered.pk, number="see mail", by=support_agent, now=NOW)
    settled = settle_as_filed(ordered.pk, number=" 2611230000123456 ", by=support_agent, now=NOW)
    assert (settled.state, settled.microsoft_number) == ("FILED", "2611230000123456")
    assert Ticket.objects.get().status == "WAITING_MICROSOFT"


def test_an_operation_that_never_ends_is_looked_up_but_never_sent_again(
    ordered: Escalation, sandbox_world: World
) -> None:
    faults(sandbox_world, stuck=1.0)
    assert go_on().operation_url
    assert go_on().state == "UNKNOWN"
    with sandbox_world.azure.lock:
        hidden, sandbox_world.azure.tickets = sandbox_world.azure.tickets, []
    left = go_on(rounds=2)
    assert (left.state, left.attempts) == ("OPERATOR", 1)
    sandbox_world.azure.tickets = hidden
    Escalation.objects.update(state="RECONCILE")
    assert go_on().state == "FILED"


def test_two_at_microsoft_are_flagged_and_the_older_is_taken(ordered: Escalation, sandbox_world: World) -> None:
    faults(sandbox_world, lost=1.0)
    go_on()
    azure, first = sandbox_world.azure, sandbox_world.azure.tickets[0]
    azure.make(
        sandbox_world.tenant(first.tenant_id),
        subscription_id=first.subscription_id,
        name="another",
        properties=first.properties,
    )
    filed = go_on()
    assert (filed.microsoft_number, filed.has_twin) == (first.number, True)
    assert Entry.objects.filter(text__contains="more than one request").count() == 1


def test_throttled_it_waits_as_told_and_no_try_is_counted(ordered: Escalation, sandbox_world: World) -> None:
    faults(sandbox_world, throttled=1.0, retry_after=90)
    waits = go_on()
    assert (waits.state, waits.attempts) == ("PENDING", 0)
    assert waits.lease_until is not None
    assert waits.lease_until - timezone.now() > timedelta(seconds=80)


def test_what_microsoft_refuses_comes_back_to_be_put_right(ordered: Escalation, sandbox_world: World) -> None:
    Escalation.objects.update(form={**ordered.form, "symptom": ""}, severity="B", marker="has spaces")
    back = go_on()
    assert (back.state, back.attempts) == ("DRAFT", 1)
    assert "Microsoft refused" in back.problem


def test_without_leave_nothing_is_sent_and_a_person_is_asked(
    ordered: Escalation, sandbox_world: World, owner: User
) -> None:
    press_stop(by=owner, reason="Something is odd.", now=NOW)
    stopped = go_on()
    assert stopped.state == "OPERATOR"
    assert "Something is odd." in stopped.problem
    assert sandbox_world.azure.tickets == []


def test_without_a_plan_microsoft_refuses_and_a_person_is_asked(ordered: Escalation, sandbox_world: World) -> None:
    sandbox_world.azure.has_plan = False
    refused = go_on()
    assert refused.state == "OPERATOR"
    assert "SupportPlanRequired" in refused.problem


def test_who_holds_the_row_no_longer_sends_nothing_and_says_nothing(ordered: Escalation, sandbox_world: World) -> None:
    stale = claim(tempo=AT_ONCE)
    assert stale is not None
    Escalation.objects.update(lease_until=None)
    fresh = claim(tempo=AT_ONCE)
    assert fresh is not None
    nowhere: Any = None
    for step in (
        lambda: send(stale, counter=nowhere, tempo=AT_ONCE, now=NOW),
        lambda: put_off(stale, seconds=1, problem=""),
    ):
        with pytest.raises(Superseded):
            step()
    assert sandbox_world.azure.tickets == []


def test_a_lease_with_too_little_left_or_a_moment_that_passed_sends_nothing(
    ordered: Escalation, sandbox_world: World
) -> None:
    short = Tempo(lease=timedelta(seconds=5), deadline=5.0, begin_within=5.0)
    assert go_on(tempo=short).state == "PENDING"
    Escalation.objects.update(lease_until=None)
    late = Tempo(lease=timedelta(seconds=30), deadline=5.0, begin_within=0.0)
    waits = go_on(tempo=late)
    assert (waits.state, waits.attempts) == ("PENDING", 0)
    assert sandbox_world.azure.tickets == []


def test_a_search_that_fails_again_and_again_ends_at_a_person(ordered: Escalation, sandbox_world: World) -> None:
    Escalation.objects.update(state="UNKNOWN")
    sandbox_world.tenants[0].token_fault = "AADSTS7000215"
    assert go_on(rounds=5).state == "OPERATOR"
