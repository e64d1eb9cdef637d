"""What a draft stands on: the gate as it is, a reason for what it was about, and a day that is not over."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from customers.models import PortalLink
from support.escalation.beginning import Refused, begin
from support.escalation.entitling import facts_of
from support.escalation.following.ordering import order_close
from support.escalation.ordering import order_filing, settle_as_filed
from support.escalation.values import Filing
from support.models import (
    Entry,
    Escalation,
    EscalationWatch,
    HealthCheck,
    Purchase,
    ServiceRequest,
    SlaClock,
    SupportPlan,
    Ticket,
)
from tests.support.escalation.conftest import Desk
from tests.support.test_known import make_issue

pytestmark = pytest.mark.django_db
NUMBER = "2611230000123456"
REASON = "Nothing else in the tenant is hit by it"
HOUR = timedelta(hours=1)


def check(desk: Desk, *, now: datetime, issues: tuple[str, ...] = ()) -> HealthCheck:
    service = desk.ticket.service
    return HealthCheck.objects.create(
        ticket=desk.ticket,
        customer=desk.contoso,
        family=desk.ticket.family,
        service_name=service.name if service else "",
        state="DONE",
        asked_at=now,
        read_at=now,
        issue_ids=list(issues),
    )


def begun(desk: Desk, *, now: datetime, reason: str = "") -> Escalation:
    desk.tick_all(now)
    return begin(desk.ticket.pk, purchase=Purchase.CSP, by=desk.agent, now=now, reason=reason)


def order(row: Escalation, *, by: User, now: datetime) -> Escalation:
    """With an empty form, which is looked at after the gate."""
    Escalation.objects.filter(pk=row.pk).update(way="AZURE_API")
    return order_filing(row.pk, filing=Filing(), by=by, now=now)


def test_a_reason_is_good_for_what_it_was_written_about_and_no_other_issue(desk: Desk, now: datetime) -> None:
    check(desk, now=now, issues=("EX1",))
    row = begun(desk, now=now, reason=REASON)
    with pytest.raises(Refused) as refused:
        order(row, by=desk.agent, now=now)
    assert refused.value.code == "incomplete"  # past the gate
    check(desk, now=now + HOUR, issues=("EX1", "EX2"))
    with pytest.raises(Refused) as refused:
        order(row, by=desk.agent, now=now + HOUR)
    assert refused.value.code == "active_issue"
    with pytest.raises(Refused) as refused:
        order(row, by=desk.agent, now=now + 2 * HOUR)
    assert refused.value.code == "health_check_too_old"


def test_who_passed_a_check_that_was_missing_does_not_pass_an_issue(desk: Desk, now: datetime) -> None:
    row = begun(desk, now=now, reason=REASON)
    assert row.passed_barrier == "health_not_checked"
    check(desk, now=now, issues=("EX1",))
    with pytest.raises(Refused, match="An issue of Microsoft"):
        order(row, by=desk.agent, now=now)
    row = begun(desk, now=now, reason=REASON)
    passed = AuditEntry.objects.filter(action="escalation.gate_passed").order_by("number")
    assert [one.after["barrier"] for one in passed] == ["health_not_checked", "active_issue"]


def test_a_draft_of_yesterday_is_begun_anew_and_keeps_its_form(desk: Desk, now: datetime) -> None:
    check(desk, now=now)
    row = begun(desk, now=now)
    Escalation.objects.update(form=Filing(title="Mail").as_json())
    later = now + timedelta(hours=13)
    check(desk, now=later)
    for act in (
        lambda: settle_as_filed(row.pk, number=NUMBER, by=desk.agent, now=later),
        lambda: order(row, by=desk.agent, now=later),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "draft_too_old"
    again = begin(desk.ticket.pk, purchase=Purchase.CSP, by=desk.agent, now=later)
    assert (again.pk, again.form["title"], again.way) == (row.pk, "Mail", "DEEP_LINK")
    assert settle_as_filed(row.pk, number=NUMBER, by=desk.agent, now=later).state == "FILED"


def test_a_draft_of_another_kind_than_the_ticket_has_now_may_not_go(desk: Desk, now: datetime) -> None:
    check(desk, now=now)
    row = begun(desk, now=now)
    check(desk, now=now, issues=("EX1",))
    Ticket.objects.filter(pk=desk.ticket.pk).update(kind="COMMERCIAL")  # whose gate stands open
    for act in (
        lambda: settle_as_filed(row.pk, number=NUMBER, by=desk.agent, now=now),
        lambda: order(row, by=desk.agent, now=now),
    ):
        with pytest.raises(Refused) as refused:
            act()
        assert refused.value.code == "ticket_changed"


def test_the_page_leads_to_microsoft_only_while_the_gate_holds(as_agent: Client, desk: Desk) -> None:
    now = timezone.now()
    check(desk, now=now)
    row = begun(desk, now=now)
    url = "https://portal.example/?CTID={tid}"
    words: dict[str, Any] = {"title": "New request", "url_template": url, "kind": "TICKET"}
    PortalLink.objects.update_or_create(cloud="global", service="m365-ticket", defaults=words)
    address = f"/tickets/{desk.ticket.pk}/escalations/{row.pk}/"
    assert "https://portal.example/" in as_agent.get(address).content.decode()
    HealthCheck.objects.update(read_at=now - HOUR)
    shown = as_agent.get(address).content.decode()
    assert "https://portal.example/" not in shown and "older than 15 minutes" in shown
    assert "Record that it is filed" in shown  # what was filed in time is still told


def test_what_is_missing_is_said_and_a_customers_contact_refused_by_hand_too(as_agent: Client, desk: Desk) -> None:
    check(desk, now=timezone.now())
    row = begun(desk, now=timezone.now())
    address = f"/tickets/{desk.ticket.pk}/escalations/{row.pk}/"
    assert "How to reproduce it" in as_agent.get(address).context["missing"]
    said = {"title": "Mail", "address": f"it@{desk.contoso.domain}", "do": "save"}
    assert "Microsoft answers us, not the customer" in as_agent.post(f"{address}form/", said).content.decode()
    as_agent.post(f"{address}form/", {**said, "first_name": "Kim", "address": "kim@partner.example"})
    assert "Kim, kim@partner.example" in as_agent.get(address).content.decode()


def test_a_wrong_number_is_put_right_until_it_was_read_there(desk: Desk, now: datetime) -> None:
    check(desk, now=now)
    row = begun(desk, now=now)
    settle_as_filed(row.pk, number=NUMBER, by=desk.agent, now=now)
    request = ServiceRequest.objects.create(
        customer=desk.contoso, request_id=NUMBER, escalation=row, title="Another's", status="open", seen_at=now
    )
    settle_as_filed(row.pk, number="2611230000123457", by=desk.agent, now=now)
    request.refresh_from_db()
    assert request.escalation is None
    assert Escalation.objects.get().microsoft_number == "2611230000123457"
    told = [entry.text for entry in Entry.objects.filter(kind=Entry.Kind.NOTE)]
    assert sum("is filed with Microsoft" in text for text in told) == 1
    assert sum("is now 2611230000123457" in text for text in told) == 1
    Escalation.objects.update(remote_id="/subscriptions/1/supportTickets/csp-1")
    with pytest.raises(Refused, match="decided this already"):
        settle_as_filed(row.pk, number=NUMBER, by=desk.agent, now=now)


def test_what_azure_never_finds_can_be_closed_and_the_audit_says_by_whom(desk: Desk, now: datetime) -> None:
    check(desk, now=now)
    row = begun(desk, now=now)
    settle_as_filed(row.pk, number=NUMBER, by=desk.agent, now=now)
    Escalation.objects.update(way="AZURE_API")
    order_close(row.pk, by=desk.agent, now=now)
    assert Escalation.objects.get().state == "CLOSED"
    assert AuditEntry.objects.get(action="escalation.closed").person_id == desk.agent.pk


@pytest.mark.parametrize("minutes", [75, None])
def test_microsofts_clock_is_that_of_the_entitlement(desk: Desk, now: datetime, minutes: int | None) -> None:
    check(desk, now=now)
    row = begun(desk, now=now)
    assert row.target_minutes == 480  # severity C under this plan
    Escalation.objects.update(target_minutes=minutes)
    settle_as_filed(row.pk, number=NUMBER, by=desk.agent, now=now)
    clock = SlaClock.objects.filter(ticket=desk.ticket, kind="MICROSOFT", ended_at=None).first()
    assert (clock.target_minutes if clock else None) == minutes
    due = now + timedelta(minutes=minutes) if minutes else None
    assert EscalationWatch.objects.get().answer_due_at == due


def test_the_page_to_file_on_is_where_the_entitlement_says(as_agent: Client, desk: Desk) -> None:
    check(desk, now=timezone.now())
    row = begun(desk, now=timezone.now())
    Escalation.objects.update(where="PARTNER_CENTER", way="PARTNER_CENTER")
    shown = as_agent.get(f"/tickets/{desk.ticket.pk}/escalations/{row.pk}/").content.decode()
    assert 'href="https://partner.microsoft.com/dashboard/home"' in shown


def test_a_plan_holds_by_the_portals_own_day(desk: Desk) -> None:
    SupportPlan.objects.create(kind="ADVANCED", valid_from="2026-11-24")
    late = datetime.fromisoformat("2026-11-23T17:00:00+00:00")  # in Taipei it is tomorrow
    for zone, has in (("Asia/Taipei", True), ("UTC", False)):
        with timezone.override(zone):
            facts = facts_of(desk.ticket, purchase=Purchase.CSP, now=late)
            assert ("ADVANCED" in facts.has) is has


def test_an_issue_that_began_after_the_reason_is_seen_on_the_page(as_agent: Client, desk: Desk) -> None:
    now = timezone.now()
    row = begun(desk, now=now, reason=REASON)
    make_issue("EX9", title="Mail is late", hits=desk.contoso, now=now)
    check(desk, now=now, issues=("EX9",))
    shown = as_agent.get(f"/tickets/{desk.ticket.pk}/escalations/{row.pk}/").content.decode()
    assert "Link the ticket with it instead" in shown
