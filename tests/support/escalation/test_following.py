"""After filing: each word of Microsoft's becomes an entry once, and each of ours is there once, whatever gets lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from csp_portal.accounts.models import User
from csp_portal.attachments.models import Attachment
from csp_portal.microsoft.sandbox.azure_world import SandboxTicket
from csp_portal.microsoft.sandbox.world import World
from customers.models import Customer
from customers.writes import press_stop
from support.attaching import add_files
from support.changes import change
from support.desk import add_note
from support.escalation.beginning import Refused
from support.escalation.filing import file_due
from support.escalation.following import ordering, reading
from support.escalation.following.acting import act_due, claim
from support.escalation.following.reading import read_due_requests
from support.escalation.ordering import order_filing, settle_as_filed
from support.models import Bell, Draft, Entry, Escalation, EscalationAct, EscalationWatch, Ticket
from tests.support.escalation.azure import AT_ONCE, draft_of, filing_at

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


@pytest.fixture
def contoso(customers: list[Customer]) -> Customer:
    return customers[0]


@pytest.fixture
def filed(contoso: Customer, sandbox_world: World, support_agent: User) -> Escalation:
    draft = draft_of(contoso, by=support_agent, now=NOW)
    change(draft.ticket_id, values={"owner": support_agent}, by=None, now=NOW)
    order_filing(draft.pk, filing=filing_at(sandbox_world, contoso), by=support_agent, now=NOW)
    while file_due(now=NOW, tempo=AT_ONCE):
        pass
    return Escalation.objects.get()


@pytest.fixture
def there(filed: Escalation, sandbox_world: World) -> SandboxTicket:
    return sandbox_world.azure.tickets[0]


@pytest.fixture
def files(tmp_path: Path, settings: Any) -> None:
    settings.PORTAL_FILES_DIR, settings.CLAMD_ADDRESS = str(tmp_path), ""


def read(now: datetime = NOW) -> EscalationWatch:
    EscalationWatch.objects.exclude(due_at=None).update(due_at=NOW)
    read_due_requests(now=now)
    return EscalationWatch.objects.get()


def act() -> None:
    EscalationAct.objects.exclude(due_at=None).update(due_at=NOW)
    act_due(now=NOW, tempo=AT_ONCE, limit=1)


def words_of_microsoft() -> list[str]:
    return [*Entry.objects.filter(kind=Entry.Kind.MICROSOFT).order_by("pk").values_list("text", flat=True)]


def test_what_microsoft_writes_is_an_internal_entry_once_and_the_ball_comes_back(
    filed: Escalation, there: SandboxTicket, sandbox_world: World, support_agent: User
) -> None:
    assert Ticket.objects.get().status == "WAITING_MICROSOFT"
    assert read().status == "Open"
    assert not words_of_microsoft() and Ticket.objects.get().status == "WAITING_MICROSOFT"
    sandbox_world.azure.answer(
        there, body="<p>Please <b>restart</b> it.</p><script>x()</script>", sender="Ada of Azure"
    )
    sandbox_world.azure.answer(there, body="And tell us.")
    watch = read()
    read()
    assert words_of_microsoft() == ["Please restart it.", "And tell us."]
    entry = Entry.objects.filter(kind="MICROSOFT").earliest("pk")
    assert (entry.is_public, entry.sender_name) == (False, "Ada of Azure")
    assert watch.answered_at is not None and watch.answer_due_at is not None
    assert Ticket.objects.get().status == "OPEN"
    assert Bell.objects.filter(person=support_agent, why="MICROSOFT").count() == 1


def test_another_severity_and_the_end_at_microsoft_are_told_and_nothing_is_solved_by_itself(
    filed: Escalation, there: SandboxTicket, sandbox_world: World
) -> None:
    read()
    there.properties["severity"] = "critical"
    read()
    assert Entry.objects.filter(kind="NOTE", text__contains="is now critical").count() == 1
    there.status = "Closed"
    assert read().due_at is None
    assert Escalation.objects.get().state == "CLOSED"
    assert Ticket.objects.get().status == "VERIFYING"
    assert read_due_requests(now=NOW) == 0


def test_what_cant_be_read_is_said_with_its_cause_and_nothing_is_taken_for_news(
    as_agent: Client, filed: Escalation, there: SandboxTicket, sandbox_world: World
) -> None:
    read()
    there.visible_at += 1_000_000.0
    sandbox_world.azure.answer(there, body="Hello?")
    watch = read(NOW + timedelta(hours=3))
    assert "was not found" in watch.problem and watch.read_at == NOW and watch.due_at is not None
    EscalationWatch.objects.update(read_at=NOW - timedelta(days=2))
    shown = as_agent.get(f"/tickets/{filed.ticket_id}/escalations/{filed.pk}/").content.decode()
    assert "was not found" in shown and "nobody knows how it stands now" in shown
    there.visible_at -= 1_000_000.0
    assert read().problem == "" and words_of_microsoft() == ["Hello?"]


def test_a_worker_that_dies_before_it_has_written_loses_and_doubles_nothing(
    filed: Escalation, there: SandboxTicket, sandbox_world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    sandbox_world.azure.answer(there, body="Once.")
    with monkeypatch.context() as dying:
        dying.setattr(reading, "_store", lambda *args, **kwargs: (_ for _ in ()).throw(SystemExit))
        with pytest.raises(SystemExit):
            read()
    late = EscalationWatch.objects.select_related("escalation__ticket__customer").get()
    read()
    assert words_of_microsoft() == ["Once."]
    late.epoch -= 1  # whoever slept past the lease
    with sandbox_world.azure.lock:
        sandbox_world.azure.answer(there, body="Twice.")
    monkeypatch.setattr(reading, "_claim", iter([late, None]).__next__)
    read_due_requests(now=NOW)
    assert words_of_microsoft() == ["Once."]


@pytest.mark.parametrize("breaks", [[], ["before"], ["after"], ["before", "before", "after"]])
def test_a_message_is_there_once_however_often_the_connection_breaks(
    filed: Escalation, there: SandboxTicket, sandbox_world: World, support_agent: User, breaks: list[str]
) -> None:
    sandbox_world.azure.to_drop = list(breaks)
    Draft.objects.create(ticket=filed.ticket, person=support_agent, kind="REPLY", text="Dear Kim,", kept_at=NOW)
    ordered = ordering.order_message(filed.pk, text="It is still down.", by=support_agent, now=NOW)
    again = ordering.order_message(filed.pk, text="It is still down.", by=support_agent, now=NOW)
    assert again.pk == ordered.pk
    for _try in range(5):
        act()
    (said,) = there.communications
    assert (said.body, said.sender, said.is_inbound) == ("It is still down.", "kim@partner.example", True)
    assert EscalationAct.objects.get().state == "DONE"
    assert Draft.objects.get().text == "Dear Kim,"  # what they write to the customer meanwhile
    read()
    assert Entry.objects.filter(text__contains="It is still down.").count() == 1
    assert not words_of_microsoft()


def test_a_worker_killed_while_it_sends_is_looked_after_and_the_next_act_waits(
    filed: Escalation, there: SandboxTicket, sandbox_world: World, support_agent: User
) -> None:
    first = ordering.order_message(filed.pk, text="First.", by=support_agent, now=NOW)
    ordering.order_message(filed.pk, text="Second.", by=support_agent, now=NOW)
    held = claim(tempo=AT_ONCE)
    assert held is not None and held.pk == first.pk
    assert claim(tempo=AT_ONCE) is None
    EscalationAct.objects.filter(pk=first.pk).update(state="SENDING", attempts=1)
    for _try in range(4):
        act()
    assert [one.body for one in there.communications] == ["First.", "Second."]


def test_files_severity_and_closing_reach_microsoft(
    filed: Escalation, there: SandboxTicket, sandbox_world: World, support_agent: User, files: None
) -> None:
    content = b"trace " * 600_000  # 3.6 MB: two chunks
    note = add_note(filed.ticket_id, text="The trace.", by=support_agent, now=NOW)
    add_files(note, [SimpleUploadedFile("trace ä.txt", content)])
    key = note.files.get().attachment.key
    with pytest.raises(Refused, match="Being scanned"):
        ordering.order_file(filed.pk, key=key, by=support_agent, now=NOW)
    Attachment.objects.update(state="CLEAN", due_at=None)
    ordering.order_file(filed.pk, key=key, by=support_agent, now=NOW)
    with pytest.raises(Refused, match="has this file already"):
        ordering.order_file(filed.pk, key=key, by=support_agent, now=NOW)
    with pytest.raises(Refused, match="no such file"):
        ordering.order_file(filed.pk, key="x" * 40, by=support_agent, now=NOW)
    undone = add_note(filed.ticket_id, text="Wrong file.", by=support_agent, now=NOW)
    add_files(undone, [SimpleUploadedFile("wrong.txt", b"of somebody else")])
    Attachment.objects.update(state="CLEAN", due_at=None)
    Entry.objects.filter(pk=undone.pk).update(undone_at=NOW)
    with pytest.raises(Refused, match="no such file"):
        ordering.order_file(filed.pk, key=undone.files.get().attachment.key, by=support_agent, now=NOW)
    ordering.order_severity(filed.pk, severity="A", by=support_agent, now=NOW)
    act()
    act()
    (((workspace, name), kept),) = sandbox_world.azure.files.items()
    assert workspace == there.number and name.endswith(".txt") and kept.content == content
    assert there.properties["severity"] == "critical"
    ordering.order_close(filed.pk, by=support_agent, now=NOW)
    act()
    assert there.status == "Closed"
    read()
    assert (Escalation.objects.get().state, Ticket.objects.get().status) == ("CLOSED", "VERIFYING")
    with pytest.raises(Refused, match="closed already"):
        ordering.order_message(filed.pk, text="Wait!", by=support_agent, now=NOW)


def test_the_stop_switch_holds_what_is_on_its_way_until_a_person_goes_on(
    as_agent: Client, filed: Escalation, there: SandboxTicket, support_agent: User, owner: User
) -> None:
    ordering.order_message(filed.pk, text="Hello", by=support_agent, now=NOW)
    press_stop(by=owner, reason="An exercise", now=NOW)
    act()
    stopped = EscalationAct.objects.get()
    assert stopped.state == "STOPPED" and not there.communications
    with pytest.raises(Refused):
        ordering.order_message(filed.pk, text="Hello again", by=support_agent, now=NOW)
    address = f"/tickets/{filed.ticket_id}/escalations/{filed.pk}/"
    answer = as_agent.post(f"{address}say/", {"text": "Words that are kept"}, follow=True).content.decode()
    assert "Words that are kept" in answer and "Not done" in answer


def test_of_one_filed_by_hand_people_note_the_answer_and_the_end(
    as_agent: Client, contoso: Customer, support_agent: User
) -> None:
    draft = draft_of(contoso, by=support_agent, now=NOW)
    Escalation.objects.filter(pk=draft.pk).update(way="DEEP_LINK", product="MICROSOFT_365")
    Ticket.objects.update(family="MICROSOFT_365")
    settle_as_filed(draft.pk, number="2611230000123456", by=support_agent, now=NOW)
    address = f"/tickets/{draft.ticket_id}/escalations/{draft.pk}/"
    shown = as_agent.get(address).content.decode()
    assert "Microsoft lets no program read this request" in shown
    as_agent.post(f"{address}say/", {"text": "They ask for a trace."})
    assert words_of_microsoft() == ["They ask for a trace."]
    assert Ticket.objects.get().status == "OPEN"
    assert "They ask for a trace." in as_agent.get(f"{address}news/").content.decode()
    as_agent.post(f"{address}act/", {"do": "close"})
    assert Escalation.objects.get().state == "CLOSED"
    refused = as_agent.post(f"{address}act/", {"do": "severity", "severity": "A"}, follow=True).content.decode()
    assert "closed already" in refused
