"""The page of a ticket: what is said and to whom, who saves first, and who else is here."""

from collections.abc import Callable

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from csp_portal.accounts.models import Role, User
from customers.models import Customer
from support.models import Bell, Draft, Entry, Follower, OutgoingMail, Ticket

pytestmark = pytest.mark.django_db


def page(client: Client, ticket: Ticket, more: str = "") -> str:
    answer = client.get(f"/tickets/{ticket.pk}/{more}")
    assert answer.status_code == 200
    return answer.content.decode()


def say(client: Client, ticket: Ticket, **said: object) -> str:
    return client.post(f"/tickets/{ticket.pk}/say/", {"kind": "NOTE", **said}, follow=True).content.decode()


def fields_of(ticket: Ticket, **changed: object) -> dict[str, object]:
    names = ("version", "status", "severity", "impact", "family", "kind", "subject", "language")
    return {**{name: getattr(ticket, name) for name in names}, "queue": ticket.queue_id, "tags": "", **changed}


def test_what_is_said_is_internal_unless_somebody_chooses_otherwise(as_agent: Client, ticket: Ticket) -> None:
    assert 'value="NOTE" data-key="n" checked' in page(as_agent, ticket)
    say(as_agent, ticket, text="He sounds angry")
    entry = ticket.entries.get(kind="NOTE")
    assert (entry.is_public, OutgoingMail.objects.count()) == (False, 0)


def test_a_reply_shows_its_recipients_before_and_can_be_taken_back_after(as_agent: Client, ticket: Ticket) -> None:
    assert 'value="kim@contoso.example"' in page(as_agent, ticket)
    shown = say(as_agent, ticket, kind="REPLY", text="Please restart", to="kim@contoso.example")
    assert "Undo send" in shown
    entry = ticket.entries.get(kind="REPLY")
    as_agent.post(f"/tickets/{ticket.pk}/undo/{entry.pk}/")
    shown = page(as_agent, ticket)
    assert "Please restart</textarea>" in shown
    assert 'value="REPLY" data-key="r" checked' in shown
    assert OutgoingMail.objects.get().state == "UNDONE"


def test_a_reply_to_a_stranger_is_sent_only_where_that_is_meant(as_agent: Client, ticket: Ticket) -> None:
    said = {"kind": "REPLY", "text": "Here is the file", "to": "kim@contoso.example, x@fabrikam.example"}
    shown = say(as_agent, ticket, **said)
    assert "Not an address of this customer: x@fabrikam.example" in shown
    assert "Here is the file</textarea>" in shown
    assert not OutgoingMail.objects.exists()
    say(as_agent, ticket, **said, is_meant="on")
    assert OutgoingMail.objects.get().to == ["kim@contoso.example", "x@fabrikam.example"]


def test_a_reply_to_nobody_is_not_called_sent(as_agent: Client, ticket: Ticket) -> None:
    assert "Nobody would get this reply" in say(as_agent, ticket, kind="REPLY", text="Hello", to="")
    assert not ticket.entries.filter(kind="REPLY").exists()


def test_who_is_named_with_an_at_follows_the_ticket(as_agent: Client, ticket: Ticket) -> None:
    kim = User.objects.create_local("k@partner.example", name="Kim Wu", role=Role.SUPPORT_AGENT, password="x" * 20)
    say(as_agent, ticket, text="@kim wu have you seen this?")
    assert Follower.objects.filter(ticket=ticket, person=kim).exists()
    assert Bell.objects.get(entry__kind="NOTE").person == kim


def test_two_people_save_at_once_and_the_second_sees_the_difference(
    as_agent: Client, as_owner: Client, ticket: Ticket
) -> None:
    address = f"/tickets/{ticket.pk}/change/"
    assert as_owner.post(address, fields_of(ticket, subject="Theirs")).status_code == 302
    answer = as_agent.post(address, fields_of(ticket, subject="Mine", severity="B"))
    shown = answer.content.decode()
    assert answer.status_code == 409
    assert "Theirs" in shown and "Mine" in shown and "B: moderate" in shown
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.severity) == ("Theirs", "C")
    ticket.version = 2
    assert as_agent.post(address, fields_of(ticket, subject="Mine", severity="B")).status_code == 302
    ticket.refresh_from_db()
    assert (ticket.subject, ticket.severity) == ("Mine", "B")


def test_a_stale_save_tells_what_stood_there_before_and_keeps_what_only_they_changed(
    as_agent: Client, as_owner: Client, ticket: Ticket, owner: User
) -> None:
    address, seen = f"/tickets/{ticket.pk}/change/", ticket.version
    as_owner.post(address, fields_of(ticket, subject="Theirs", tags="vip"))
    answer = as_agent.post(address, fields_of(ticket, subject=ticket.subject, severity="B", version=seen))
    rows = {row.field: row for row in answer.context["rows"]}
    assert set(rows) == {"subject", "tags", "severity"}
    assert (rows["subject"].before, rows["subject"].now) == (ticket.subject, "Theirs")
    assert (rows["subject"].is_mine, rows["tags"].is_mine, rows["severity"].is_mine) == (False, False, True)
    assert rows["subject"].theirs.by == owner
    sent = {field.name: field.value() or "" for field in answer.context["form"].visible_fields()}
    as_agent.post(address, {**sent, "version": answer.context["ticket"].version})
    saved = Ticket.objects.get()
    assert (saved.subject, saved.tags, saved.severity) == ("Theirs", ["vip"], "B")


def test_a_save_sent_again_after_all_of_it_was_saved_offers_nothing_to_overwrite(
    as_agent: Client, ticket: Ticket
) -> None:
    address, said = f"/tickets/{ticket.pk}/change/", fields_of(ticket, subject="Once")
    assert [as_agent.post(address, said).status_code for _ in range(2)] == [302, 409]
    shown = as_agent.post(address, said).content.decode()
    assert "saved already" in shown and "Save mine over it" not in shown


def test_severity_a_needs_its_impact(as_agent: Client, ticket: Ticket) -> None:
    answer = as_agent.post(f"/tickets/{ticket.pk}/change/", fields_of(ticket, severity="A"))
    assert "severity A needs it" in answer.content.decode()
    ticket.refresh_from_db()
    assert ticket.severity == "C"


def test_one_sees_who_else_looks_and_who_writes(as_agent: Client, as_owner: Client, ticket: Ticket) -> None:
    as_agent.post(f"/tickets/{ticket.pk}/presence/")
    assert "Support agent is looking" in as_owner.post(f"/tickets/{ticket.pk}/presence/").content.decode()
    as_agent.post(f"/tickets/{ticket.pk}/draft/", {"text": "Dear Kim", "kind": "REPLY"})
    assert "Support agent is writing" in as_owner.post(f"/tickets/{ticket.pk}/presence/").content.decode()
    assert Draft.objects.get().text == "Dear Kim"


def test_the_page_says_that_the_ticket_changed_under_it(as_agent: Client, ticket: Ticket) -> None:
    say(as_agent, ticket, text="A note")
    shown = as_agent.post(f"/tickets/{ticket.pk}/presence/", {"version": "1"}).content.decode()
    assert "The ticket changed meanwhile" in shown


def test_files_go_with_a_note_and_come_back_only_as_downloads(
    as_agent: Client, ticket: Ticket, settings: object
) -> None:
    settings.PORTAL_SERVE_UNSCANNED = True  # type: ignore[attr-defined]
    picture = SimpleUploadedFile("notes.txt", b"Seen at nine", content_type="text/html")
    say(as_agent, ticket, text="See the file", files=[picture])
    attachment = Entry.objects.get(kind="NOTE").files.get().attachment
    attachment.state = "UNSCANNED"
    attachment.save()
    answer = as_agent.get(f"/tickets/{ticket.pk}/files/{attachment.key}/")
    assert answer["Content-Disposition"].startswith("attachment")
    assert answer["Content-Type"].startswith("text/plain")


def test_several_files_go_at_once(as_agent: Client, ticket: Ticket) -> None:
    files = [SimpleUploadedFile(f"log{number}.txt", b"line\n") for number in range(3)]
    say(as_agent, ticket, text="The logs", files=files)
    assert ticket.entries.get(kind="NOTE").files.count() == 3


def test_a_file_that_is_refused_leaves_nothing_and_the_words_stay(as_agent: Client, ticket: Ticket) -> None:
    shown = say(as_agent, ticket, text="Look", files=[SimpleUploadedFile("run.exe", b"MZ")])
    assert "Look</textarea>" in shown
    assert not Entry.objects.filter(kind="NOTE").exists()


def test_activity_tells_in_words_what_became_of_what(as_agent: Client, ticket: Ticket) -> None:
    as_agent.post(f"/tickets/{ticket.pk}/change/", fields_of(ticket, severity="B"))
    shown = page(as_agent, ticket, "?tab=activity")
    assert "<del>C: minimal</del>" in shown and "<ins>B: moderate</ins>" in shown


def test_a_new_ticket_by_phone(as_agent: Client, contoso: Customer, queue: object) -> None:
    said = {
        "customer": "contoso.example",
        "requester_name": "Kim",
        "subject": "No mail",
        "text": "Nothing comes in",
        "family": "MICROSOFT_365",
        "kind": "TECHNICAL",
        "severity": "C",
        "queue": queue.pk,  # type: ignore[attr-defined]
    }
    answer = as_agent.post("/tickets/new/", said)
    ticket = Ticket.objects.get()
    assert answer["Location"] == f"/tickets/{ticket.pk}/"
    assert (ticket.customer, ticket.channel) == (contoso, "STAFF")
    assert f"#{ticket.pk}" in as_agent.get(f"/customers/{contoso.tenant_id}/tickets/").content.decode()


def test_markup_in_a_mail_is_shown_as_text(as_agent: Client, ticket: Ticket) -> None:
    ticket.entries.update(text="<script>alert(1)</script> javascript:alert(1)")
    shown = page(as_agent, ticket)
    assert "<script>alert(1)" not in shown
    assert 'href="javascript' not in shown


def test_a_viewer_reads_and_has_no_box_to_write(as_viewer: Client, ticket: Ticket) -> None:
    shown = page(as_viewer, ticket)
    assert "Since this morning" in shown
    assert 'class="say"' not in shown


@pytest.mark.parametrize("count", [1, 60])
def test_the_page_takes_the_same_few_statements_however_much_was_said(
    count: int, as_agent: Client, ticket: Ticket, django_assert_max_num_queries: Callable[..., object]
) -> None:
    Entry.objects.bulk_create(
        Entry(ticket=ticket, kind="NOTE", at=ticket.created_at, text=f"Note {place}") for place in range(count)
    )
    with django_assert_max_num_queries(15):  # type: ignore[attr-defined]
        page(as_agent, ticket)


def test_a_double_click_sends_one_reply(as_agent: Client, ticket: Ticket) -> None:
    for _ in range(2):
        say(as_agent, ticket, kind="REPLY", text="Please restart", to="kim@contoso.example")
    assert OutgoingMail.objects.count() == 1


def test_who_is_mentioned_is_who_was_named_whole(as_agent: Client, ticket: Ticket) -> None:
    names = ("Ann", "Anna", "Ann Lee", "陳美玲")
    people = {
        name: User.objects.create(email=f"{place}@x.example", name=name, role=Role.SUPPORT_AGENT)
        for place, name in enumerate(names)
    }
    say(as_agent, ticket, text="@Anna and @Ann Lee, ask @陳美玲請看 and not @Annette")
    followers = set(Follower.objects.filter(ticket=ticket).values_list("person__name", flat=True))
    assert followers == set(people) - {"Ann"}
