"""What is done about a ticket besides talking: it sleeps, things are ticked off, time is noted."""

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from support.desk import receive
from support.lists.waking import wake_due
from support.models import Channel, ChecklistItem, Ticket, TimeSpent
from support.values import Incoming

pytestmark = pytest.mark.django_db


def panel(client: Client, ticket: Ticket) -> str:
    return client.get(f"/tickets/{ticket.pk}/work/").content.decode()


def test_a_ticket_sleeps_with_its_reason_until_its_moment_or_the_customers_word(
    as_agent: Client, ticket: Ticket
) -> None:
    as_agent.post(f"/tickets/{ticket.pk}/sleep/", {"pause": "24", "because": "She is on leave"})
    asleep = Ticket.objects.get(pk=ticket.pk)
    assert asleep.snoozed_until is not None
    assert "Asleep until" in panel(as_agent, ticket)
    assert "She is on leave" in as_agent.get(f"/tickets/{ticket.pk}/?tab=activity").content.decode()
    receive(ticket.pk, Incoming(text="I am back", channel=Channel.MAIL), now=timezone.now())
    assert Ticket.objects.get(pk=ticket.pk).snoozed_until is None

    moment = timezone.localtime() + timedelta(hours=3)
    as_agent.post(f"/tickets/{ticket.pk}/sleep/", {"until": moment.strftime("%Y-%m-%dT%H:%M")})
    assert wake_due(now=timezone.now() + timedelta(hours=2)) == 0
    assert wake_due(now=timezone.now() + timedelta(hours=4)) == 1
    as_agent.post(f"/tickets/{ticket.pk}/sleep/", {"until": "2020-01-01T00:00"})
    assert Ticket.objects.get(pk=ticket.pk).snoozed_until is None


def test_things_are_ticked_off_with_what_shows_it_and_open_ones_are_said_at_the_end(
    as_agent: Client, support_agent: User, ticket: Ticket
) -> None:
    as_agent.post(f"/tickets/{ticket.pk}/checklist/", {"items": "Ask for the error\n\n Look at the sign-in log "})
    first, second = ticket.checklist.order_by("position")
    as_agent.post(f"/tickets/{ticket.pk}/checklist/{first.pk}/", {"what": "done", "evidence": "AADSTS50126"})
    done = ChecklistItem.objects.get(pk=first.pk)
    assert (done.done_by, done.evidence, second.text) == (support_agent, "AADSTS50126", "Look at the sign-in log")
    names = ("version", "status", "severity", "impact", "family", "kind", "subject", "language")
    fields = {**{name: getattr(ticket, name) for name in names}, "queue": ticket.queue_id, "tags": ""}
    saved = as_agent.post(f"/tickets/{ticket.pk}/change/", {**fields, "status": "SOLVED"}, follow=True)
    assert "One item of its checklist is open." in saved.content.decode()
    as_agent.post(f"/tickets/{ticket.pk}/checklist/{second.pk}/", {"what": "gone"})
    as_agent.post(f"/tickets/{ticket.pk}/checklist/{first.pk}/", {"what": "open"})
    assert [(one.text, one.done_at) for one in ticket.checklist.all()] == [("Ask for the error", None)]


def test_time_is_noted_summed_and_taken_back_by_who_noted_it(
    as_agent: Client, as_owner: Client, ticket: Ticket
) -> None:
    today = timezone.localdate().isoformat()
    for minutes in ("20", "25", "0", "2000"):
        as_agent.post(f"/tickets/{ticket.pk}/time/", {"minutes": minutes, "on": today, "what": "Looked"})
    assert "45 minutes" in panel(as_agent, ticket)
    first = TimeSpent.objects.order_by("pk")[0]
    assert as_owner.post(f"/tickets/{ticket.pk}/time/{first.pk}/gone/").status_code == 404
    as_agent.post(f"/tickets/{ticket.pk}/time/{first.pk}/gone/")
    assert "25 minutes" in panel(as_agent, ticket)


def test_who_only_looks_changes_nothing(as_viewer: Client, ticket: Ticket) -> None:
    assert "<form" not in panel(as_viewer, ticket)
    assert as_viewer.post(f"/tickets/{ticket.pk}/sleep/", {"pause": "24"}).status_code == 403
