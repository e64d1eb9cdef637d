"""The desk's verbs: what is said, who has the ball, and what a stale save does."""

from datetime import datetime, timedelta

import pytest
from django.db import IntegrityError, transaction

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from support.changes import change
from support.desk import add_note, receive, reply, undo_reply
from support.models import Channel, Draft, Entry, OutgoingMail, Status, Ticket, Turn
from support.values import Incoming, Stale

pytestmark = pytest.mark.django_db


def test_a_new_ticket_holds_the_customers_words_and_is_ours(ticket: Ticket) -> None:
    entry = ticket.entries.get()
    assert (entry.kind, entry.is_public, entry.text) == ("MESSAGE", True, "Since this morning, again and again.")
    assert ticket.turn == Turn.US
    assert ticket.turns.get().ended_at is None


def test_a_change_is_written_down_with_before_and_after(ticket: Ticket, support_agent: User, now: datetime) -> None:
    changed = change(ticket.pk, version=1, values={"severity": "A", "owner": support_agent}, by=support_agent, now=now)
    assert changed.version == 2
    rows = {row.field: (row.before, row.after) for row in ticket.changes.all()}
    assert rows == {"severity": ("C", "A"), "owner": ("", str(support_agent))}


def test_a_stale_save_writes_nothing_and_says_what_is_there_now(
    ticket: Ticket, support_agent: User, now: datetime
) -> None:
    change(ticket.pk, version=1, values={"subject": "Theirs"}, by=support_agent, now=now)
    with pytest.raises(Stale) as refused:
        change(ticket.pk, version=1, values={"subject": "Mine", "severity": "A"}, by=support_agent, now=now)
    assert refused.value.theirs == {"subject": "Theirs", "severity": "C"}
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.severity, ticket.version) == ("Theirs", "C", 2)


def test_the_ball_goes_from_hand_to_hand_without_a_gap(ticket: Ticket, support_agent: User, now: datetime) -> None:
    later = now + timedelta(hours=1)
    change(ticket.pk, values={"status": Status.WAITING_MICROSOFT}, by=support_agent, now=later)
    spans = list(ticket.turns.order_by("began_at").values_list("turn", "began_at", "ended_at"))
    assert spans == [("US", now, later), ("MICROSOFT", later, None)]


def test_a_customers_word_reopens_a_solved_ticket_and_wakes_a_snoozed_one(
    ticket: Ticket, support_agent: User, now: datetime
) -> None:
    values = {"status": Status.SOLVED, "snoozed_until": now + timedelta(days=2)}
    change(ticket.pk, values=values, by=support_agent, now=now)
    receive(ticket.pk, Incoming(text="Still broken", channel=Channel.MAIL), now=now + timedelta(hours=2))
    ticket.refresh_from_db()
    assert (ticket.status, ticket.reopened, ticket.solved_at, ticket.snoozed_until) == ("OPEN", 1, None, None)


def test_a_reply_waits_ten_seconds_and_can_be_taken_back_into_the_draft(
    ticket: Ticket, support_agent: User, now: datetime
) -> None:
    entry = reply(ticket.pk, text="Please restart", to=["kim@contoso.example"], by=support_agent, now=now)
    assert entry.mail.due_at == now + timedelta(seconds=10)
    assert undo_reply(entry, by=support_agent, now=now)
    ticket.refresh_from_db()
    assert ticket.first_answered_at is None
    assert Draft.objects.get(ticket=ticket, person=support_agent).text == "Please restart"
    assert not Entry.objects.public().filter(kind="REPLY").exists()


@pytest.mark.parametrize("status", [None, Status.SOLVED])
def test_what_became_of_the_ticket_with_a_reply_is_taken_back_with_it(
    ticket: Ticket, support_agent: User, now: datetime, status: Status | None
) -> None:
    to = ["kim@contoso.example"]
    undo_reply(reply(ticket.pk, text="x", to=to, by=support_agent, now=now, status=status), by=support_agent, now=now)
    found = Ticket.objects.get(pk=ticket.pk)
    assert (found.status, found.solved_at, found.reopened) == (Status.NEW, None, 0)


def test_a_status_that_somebody_gave_since_stays(ticket: Ticket, support_agent: User, now: datetime) -> None:
    entry = reply(ticket.pk, text="x", to=["kim@contoso.example"], by=support_agent, now=now, status=Status.SOLVED)
    change(ticket.pk, values={"status": Status.WAITING_MICROSOFT}, by=None, now=now + timedelta(seconds=3))
    undo_reply(entry, by=support_agent, now=now + timedelta(seconds=5))
    assert Ticket.objects.get(pk=ticket.pk).status == Status.WAITING_MICROSOFT


def test_a_reply_that_has_left_is_not_taken_back(ticket: Ticket, support_agent: User, now: datetime) -> None:
    entry = reply(ticket.pk, text="Please restart", to=["kim@contoso.example"], by=support_agent, now=now)
    OutgoingMail.objects.filter(entry=entry).update(state=OutgoingMail.State.SENDING)
    assert not undo_reply(entry, by=support_agent, now=now)
    assert Entry.objects.public().filter(pk=entry.pk).exists()


def test_the_database_refuses_a_public_note(ticket: Ticket, support_agent: User, now: datetime) -> None:
    note = add_note(ticket.pk, text="He is difficult", by=support_agent, now=now)
    with pytest.raises(IntegrityError), transaction.atomic():
        Entry.objects.filter(pk=note.pk).update(is_public=True)


def test_an_answer_is_in_the_audit_with_whom_it_went_to(ticket: Ticket, support_agent: User, now: datetime) -> None:
    reply(ticket.pk, text="Please restart", to=["kim@contoso.example"], by=support_agent, now=now)
    assert AuditEntry.objects.get(action="ticket.answered").after == {"to": ["kim@contoso.example"]}
