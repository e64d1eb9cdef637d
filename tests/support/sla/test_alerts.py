"""What our people read when a promise is nearly over or broken, and when Microsoft is late."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.test import Client
from django.utils import translation

from csp_portal.accounts.models import User
from csp_portal.notices.letter import Letter
from csp_portal.notices.models import Event, Rule, Target
from csp_portal.notices.ways import slack, teams
from csp_portal.notices.words import headline, lines
from health.alerts.deal import content_of
from support.changes import change
from support.models import SlaPolicy, SlaTarget, Status, Ticket
from support.sla.sweep import follow_due

pytestmark = pytest.mark.django_db


@pytest.fixture
def told(ticket: Ticket, support_agent: User, now: datetime) -> Rule:
    """A rule, and a ticket of which all three alerts were raised."""
    policy = SlaPolicy.objects.create(name="Everybody")
    SlaTarget.objects.create(policy=policy, severity="C", first_response=60, solution=600)
    values = {"status": Status.WAITING_MICROSOFT, "owner": support_agent}
    change(ticket.pk, values=values, by=support_agent, now=now)
    for hours in (1, 9):
        Ticket.objects.filter(pk=ticket.pk).update(clocks_due_at=now)
        follow_due(now=now + timedelta(hours=hours))
    return Rule.objects.create(name="Promises", kinds=["PROMISE_ENDS", "PROMISE_BROKEN", "MICROSOFT_LATE"])


def content(kind: str, rule: Rule) -> dict[str, object]:
    return content_of(Event.objects.filter(kind=kind, closed_at__isnull=True).latest("pk"), rule=rule)


def test_each_alert_says_which_promise_of_which_ticket(told: Rule, ticket: Ticket) -> None:
    broken, ends, late = (content(kind, told) for kind in ("PROMISE_BROKEN", "PROMISE_ENDS", "MICROSOFT_LATE"))
    name = f"#{ticket.pk} Outlook asks for the password"
    assert headline(broken) == f"Critical · Promise to a customer broken: {name}"
    assert dict(lines(broken)) | {"Seen": ""} == {
        "Promise": "First response",
        "Time promised": "1 h",
        "Broken since": "2026-11-23 13:00 UTC",
        "Severity": "C",
        "Owner": "Support agent",
        "Status": "Waiting for Microsoft",
        "Customers hit": "1: Contoso",
        "Seen": "",
    }
    assert headline(ends) == f"Warning · Time promised to a customer is nearly used up: {name}"
    assert dict(lines(ends))["Ends"] == "2026-11-23 22:00 UTC"
    assert (dict(lines(late))["Promise"], dict(lines(late))["Time promised"]) == ("Microsoft's answer", "8 h")


def test_the_same_in_chinese(told: Rule, ticket: Ticket) -> None:
    with translation.override("zh-hant"):
        broken = content("PROMISE_BROKEN", told)
        read = dict(lines(broken))
        assert not headline(broken).startswith("Critical")
    assert "首次回應" in read.values() or "首次回覆" in read.values()
    assert "1 小時" in read.values()
    assert "等候 Microsoft" in "".join(read.values())


def test_teams_and_slack_lead_to_the_ticket(told: Rule, ticket: Ticket, settings: object) -> None:
    settings.PORTAL_URL = "https://portal.example.com"  # type: ignore[attr-defined]
    letter = Letter(
        way=Target.Way.TEAMS, language="en", deliveries=[uuid4()], contents=[content("PROMISE_BROKEN", told)]
    )
    address = f"https://portal.example.com/tickets/{ticket.pk}/"
    assert teams.body_of(letter)["attachments"][0]["content"]["actions"][0]["url"] == address
    assert slack.body_of(letter)["blocks"][-1]["elements"][0]["url"] == address
    assert "First response" in str(teams.body_of(letter))
    assert "Promise: First response" in str(slack.body_of(letter))


def test_the_alert_stands_in_the_inbox_with_its_facts(as_agent: Client, told: Rule) -> None:
    event = Event.objects.get(kind="PROMISE_BROKEN")
    shown = as_agent.get(f"/alerts/{event.pk}/").content.decode()
    assert "First response" in shown
    assert "Support agent" in shown
    assert "Promise to a customer broken" in as_agent.get("/alerts/").content.decode()


def test_a_rule_for_promises_begins_filled_in(as_owner: Client) -> None:
    shown = as_owner.get("/settings/alerts/rules/new/?preset=promises").content.decode()
    assert 'value="Promises of the desk"' in shown
    assert shown.count('name="kinds"') > 3
    for kind in ("PROMISE_ENDS", "PROMISE_BROKEN", "MICROSOFT_LATE"):
        assert f'value="{kind}" checked' in shown
    assert shown.count(" checked") == 4, "and that it is in use"
    assert "checked" in as_owner.get("/settings/alerts/rules/new/?preset=nonsense").content.decode()
