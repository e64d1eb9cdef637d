"""Macros do all of their acts or none, at one ticket or at many; a reply is only laid ready."""

from datetime import datetime

import pytest
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from support.lists.bulk import carry_out
from support.models import BulkChange, BulkRow, CannedReply, Draft, Macro, OutgoingMail, Queue, Ticket

pytestmark = pytest.mark.django_db
JSON = "application/json"


@pytest.fixture
def macro(queue: Queue) -> Macro:
    reply = CannedReply.objects.create(name="Restart", text="Dear {{ contact.name }}, please restart.")
    return Macro.objects.create(
        name="Restart first",
        status="WAITING_CUSTOMER",
        severity="B",
        owner="ME",
        queue=Queue.objects.create(name="Azure"),
        tags=["restart", "outlook"],
        note="Asked {{ contact.name }} to restart.",
        reply=reply,
    )


def test_one_stroke_does_it_all_and_lays_the_reply_ready(
    as_agent: Client, support_agent: User, ticket: Ticket, macro: Macro
) -> None:
    Ticket.objects.filter(pk=ticket.pk).update(tags=["vip", "outlook"])
    shown = as_agent.get(f"/tickets/{ticket.pk}/macros/").content.decode()
    assert "Restart first" in shown and "who runs it" in shown
    after = as_agent.post(f"/tickets/{ticket.pk}/macros/{macro.pk}/", follow=True).content.decode()
    changed = Ticket.objects.get()
    assert (changed.status, changed.severity, changed.owner) == ("WAITING_CUSTOMER", "B", support_agent)
    assert (changed.queue.name, changed.tags) == ("Azure", ["vip", "outlook", "restart"])
    note = changed.entries.get(kind="NOTE")
    assert (note.text, note.is_public) == ("Asked Kim to restart.", False)
    assert "Dear Kim, please restart.</textarea>" in after
    assert not OutgoingMail.objects.exists()
    assert changed.changes.filter(because="Restart first").count() == 5


def test_what_a_person_has_written_stays_before_the_reply(
    as_agent: Client, support_agent: User, ticket: Ticket, macro: Macro
) -> None:
    as_agent.post(f"/tickets/{ticket.pk}/draft/", {"text": "Good morning,", "kind": "REPLY"})
    as_agent.post(f"/tickets/{ticket.pk}/macros/{macro.pk}/")
    assert Draft.objects.get().text == "Good morning,\n\nDear Kim, please restart."


def test_many_tickets_at_once_without_the_reply(as_agent: Client, ticket: Ticket, macro: Macro, now: datetime) -> None:
    preview = as_agent.post("/tickets/bulk/", {"ticket": [ticket.pk], "change": f"macro:{macro.pk}"})
    assert "Restart first" in preview.content.decode()
    as_agent.post("/tickets/bulk/start/", {"numbers": f"{ticket.pk},999999", "change": f"macro:{macro.pk}"})
    carry_out(now=BulkChange.objects.get().due_at or now)
    assert dict(BulkRow.objects.values_list("number", "state")) == {ticket.pk: "DONE", 999999: "REFUSED"}
    assert Ticket.objects.get().status == "WAITING_CUSTOMER"
    assert not Draft.objects.exists()


def test_owners_put_them_together_and_every_save_is_audited(as_owner: Client, queue: Queue) -> None:
    said = {"name": "Close", "status": "CLOSED", "tags": "done,  done, vip", "note": ""}
    as_owner.post("/settings/desk/macros/new/", said)
    made = Macro.objects.get()
    assert (made.status, made.tags) == ("CLOSED", ["done", "vip"])
    assert "Closed" in as_owner.get("/settings/desk/macros/").content.decode()
    page = f"/settings/desk/macros/{made.pk}/"
    assert 'value="done, vip"' in as_owner.get(page).content.decode()
    assert "at least one thing" in as_owner.post(page, {"name": "Nothing"}).content.decode()
    assert "contact.nam" in as_owner.post(page, {"name": "Typo", "note": "{{ contact.nam }}"}).content.decode()
    assert "impact" in as_owner.post(page, {"name": "All", "severity": "A"}).content.decode()
    as_owner.post(f"{page}delete/")
    assert not Macro.objects.exists()
    actions = AuditEntry.objects.filter(action__startswith="macro").values_list("action", flat=True)
    assert sorted(actions) == ["macro.deleted", "macro.saved"]


def test_programs_run_them_too(as_agent: Client, as_viewer: Client, ticket: Ticket, macro: Macro) -> None:
    [told] = as_agent.get("/api/v1/macros/").json()["results"]
    assert (told["name"], told["queue"], told["reply"]) == ("Restart first", "Azure", "Restart")
    address = f"/api/v1/tickets/{ticket.pk}/macros/"
    assert as_viewer.post(address, {"macro": macro.pk}, JSON).status_code == 403
    assert as_agent.post(address, {"macro": macro.pk}, JSON).json()["status"] == "WAITING_CUSTOMER"
    assert as_agent.post(address, {"macro": 999}, JSON).status_code == 404
