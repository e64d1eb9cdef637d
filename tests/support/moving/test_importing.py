"""Tickets of another desk: looked at first, every row once, nobody is told, and what is wrong is named."""

import io
import json
import multiprocessing
import os
import signal
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection, connections
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.notices.models import Event
from customers.models import Customer
from support.mail.taking_in import take_in_due
from support.models import (
    Entry,
    ImportedRow,
    OutgoingMail,
    Queue,
    ReceivedMail,
    SlaClock,
    Status,
    Ticket,
    TicketImport,
    TurnSpan,
)
from support.moving.bringing import import_due
from support.moving.preparing import Asked, prepare, start
from support.moving.reading import FileProblem
from support.moving.samples import CSV, JSON

PAGE = "/settings/desk/import/"
HEADER = "id,subject,customer,created at,status,requester email\n"


def bring(content: bytes, queue: Queue, owner: User, *, name: str = "old.csv", **more: Any) -> TicketImport:
    now = timezone.now()
    asked = Asked(content=content, name=name, source="Old desk", queue=queue, **more)
    job = prepare(asked, by=owner, now=now)
    start(job, now=now)
    while import_due(now=timezone.now()):
        pass
    return job


def states(job: TicketImport) -> dict[str, int]:
    found: dict[str, int] = {}
    for state in job.rows.values_list("state", flat=True):
        found[state] = found.get(state, 0) + 1
    return found


@pytest.mark.django_db
def test_of_two_thousand_rows_the_five_bad_ones_are_named_and_the_others_come(
    owner: User, contoso: Customer, queue: Queue
) -> None:
    rows = [
        f"{number},Old case {number},contoso.example,2026-01-05,closed,kim@contoso.example" for number in range(2000)
    ]
    rows[3] = "3,,contoso.example,2026-01-05,closed,"
    rows[500] = "500,Whose,nowhere.example,2026-01-05,closed,"
    rows[900] = "900,When,contoso.example,yesterday,closed,"
    rows[1200] = "1200,How far,contoso.example,2026-01-05,sleeping,"
    rows[1999] = "1998,Twice,contoso.example,2026-01-05,closed,"
    rows[1998] = ",No id,contoso.example,2026-01-05,closed,"
    rows[1997] = "1998,Twice,contoso.example,2026-01-05,closed,"
    job = bring((HEADER + "\n".join(rows)).encode(), queue, owner)
    problems = {row.place: row.problem for row in job.rows.filter(state="REFUSED")}
    assert [*problems] == [5, 502, 902, 1202, 1999, 2000, 2001]
    assert "subject" in problems[5] and "nowhere.example" in problems[502] and "2026-05-31" in problems[902]
    assert "sleeping" in problems[1202] and "several rows" in problems[2001]
    assert (states(job), Ticket.objects.count()) == ({"DONE": 1993, "REFUSED": 7}, 1993)
    one = Ticket.objects.get(subject="Old case 7")
    assert (one.customer, one.status, one.channel) == (contoso, Status.CLOSED, "IMPORT")
    assert one.created_at == one.closed_at == datetime(2026, 1, 5, tzinfo=UTC)
    assert not any(model.objects.exists() for model in (SlaClock, TurnSpan, Event, OutgoingMail))
    assert not ImportedRow.objects.exclude(content={}).exists()


@pytest.mark.django_db
def test_the_same_file_again_and_another_one_with_the_same_rows_double_nothing(
    owner: User, contoso: Customer, queue: Queue
) -> None:
    first = HEADER.encode() + b"A-1,One,contoso.example,2026-01-05,closed,\n"
    bring(first, queue, owner)
    again = bring(first + b"A-2,Two,contoso.example,2026-01-05,open,\n", queue, owner, name="more.csv")
    assert states(again) == {"SAME": 1, "DONE": 1}
    assert Ticket.objects.count() == 2
    still_open = Ticket.objects.get(subject="Two")
    assert TurnSpan.objects.filter(ticket=still_open, ended_at__isnull=True).count() == 1
    assert not Event.objects.exists()


@pytest.mark.django_db
def test_json_brings_the_whole_conversation_and_notes_stay_inside(owner: User, contoso: Customer, queue: Queue) -> None:
    told = json.loads(JSON)
    told[0]["customer"] = "Contoso"
    job = bring(json.dumps(told).encode(), queue, owner, name="old.json")
    assert states(job) == {"DONE": 1}
    ticket = Ticket.objects.get()
    assert [(one.kind, one.is_public) for one in ticket.entries.order_by("at")] == [
        ("MESSAGE", True),
        ("NOTE", False),
        ("REPLY", True),
        ("MESSAGE", True),
    ]
    assert ticket.first_answered_at == datetime(2026, 3, 2, 9, 40, tzinfo=UTC)
    assert (ticket.status, ticket.tags) == (Status.SOLVED, ["outlook", "sign-in"])
    assert ticket.entries.get(kind="REPLY").channel == "IMPORT"


@pytest.mark.django_db
@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "big5", "gb18030"])
def test_a_file_is_read_in_whatever_encoding_it_is(encoding: str, owner: User, contoso: Customer, queue: Queue) -> None:
    lines = [f"{number};使用者無法登入系統，請協助處理 {number};contoso.example" for number in range(40)]
    text = "編號;主旨;客戶\n" + "\n".join(lines)
    if encoding == "gb18030":
        text = "id;subject;customer\n" + "\n".join(line.replace("請協助處理", "请协助处理") for line in lines)
    job = bring(text.encode(encoding), queue, owner)
    assert states(job) == {"DONE": 40}
    assert Ticket.objects.filter(subject__startswith="使用者無法登入系統").count() == 40


MBOX = b"""From kim@contoso.example Mon Jan  5 09:00:00 2026
From: Kim <kim@contoso.example>
To: support@partner.example
Subject: Printer
Date: Mon, 05 Jan 2026 09:00:00 +0000
Message-ID: <one@contoso.example>

It does not print.
>From the third floor.

From support@partner.example Mon Jan  5 11:00:00 2026
From: Support <support@partner.example>
To: kim@contoso.example
Subject: Re: Printer
Date: Mon, 05 Jan 2026 11:00:00 +0000
Message-ID: <two@partner.example>
In-Reply-To: <one@contoso.example>

Please restart it.

From MAILER-DAEMON Mon Jan  5 11:01:00 2026
From: Mail Delivery System <MAILER-DAEMON@contoso.example>
To: support@partner.example
Subject: Undelivered Mail Returned to Sender
Date: Mon, 05 Jan 2026 11:01:00 +0000
Content-Type: multipart/report; report-type=delivery-status; boundary=x

--x
Content-Type: text/plain

<sent@partner.example> could not be delivered.
--x--

From kim@contoso.example Mon Jan  5 12:00:00 2026
From: Kim <kim@contoso.example>
To: support@partner.example
Subject: Re: Printer
Date: Mon, 05 Jan 2026 12:00:00 +0000
Message-ID: <three@contoso.example>
References: <one@contoso.example> <two@partner.example>

It prints.
"""


@pytest.mark.django_db
def test_an_mbox_comes_once_with_its_threads_and_its_times(
    owner: User, queue: Queue, settings: Any, ticket: Ticket
) -> None:
    settings.SUPPORT_FROM = "Support <support@partner.example>"
    entry = Entry.objects.create(ticket=ticket, kind="REPLY", is_public=True, at=timezone.now(), text="x")
    sent = OutgoingMail.objects.create(entry=entry, to=["kim@contoso.example"], subject="x", state="SENT", due_at=None)
    OutgoingMail.objects.filter(pk=sent.pk).update(message_id="sent@partner.example")
    jobs = [bring(MBOX, queue, owner, name="inbox.mbox") for _ in range(2)]
    assert [states(job) for job in jobs] == [{"DONE": 3, "REFUSED": 1}, {"SAME": 3, "REFUSED": 1}]
    [brought] = Ticket.objects.exclude(pk=ticket.pk)
    said = brought.entries.order_by("at")
    assert [(one.kind, one.at.hour) for one in said] == [("MESSAGE", 9), ("REPLY", 11), ("MESSAGE", 12)]
    assert said[0].text == "It does not print.\nFrom the third floor."
    assert (brought.customer, brought.status, brought.first_answered_at) == (ticket.customer, Status.CLOSED, said[1].at)
    sent.refresh_from_db()
    assert (sent.state, ticket.entries.filter(kind="NOTE").exists()) == ("SENT", False)
    assert not take_in_due(now=timezone.now())
    assert ReceivedMail.objects.filter(ticket=brought).count() == 3


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "missing"),
        (b"name,phone\nx,y\n", "missing: id, subject"),
        (b"[1, 2]", "list of objects"),
        (b"id,subject\n", "no tickets"),
        (b'id,subject\n1,"' + b"x" * 2_000_000, "never ends"),
        (b'{"id": 1', "no JSON"),
    ],
)
def test_a_file_that_says_nothing_is_refused_with_a_sentence(
    content: bytes, words: str, owner: User, queue: Queue
) -> None:
    with pytest.raises(FileProblem, match=words):
        bring(content, queue, owner)
    assert not TicketImport.objects.exists()


@pytest.mark.django_db
def test_the_page_shows_what_would_come_before_anything_comes(
    as_owner: Client, contoso: Customer, queue: Queue
) -> None:
    text = CSV.replace("contoso.com", "contoso.example") + "1002,nowhere.example,=cmd(),,,,,,,,,,,\n"
    sent = {"file": SimpleUploadedFile("old.csv", text.encode()), "source": "Old desk", "queue": queue.pk}
    answer = as_owner.post(PAGE, sent, follow=True)
    shown = answer.content.decode()
    assert "1 of 2 rows can be taken over" in shown and "Outlook asks for the password" in shown
    assert "nowhere.example" in shown
    assert not Ticket.objects.exists()
    job = TicketImport.objects.get()
    as_owner.post(f"{PAGE}{job.pk}/start/")
    import_due(now=timezone.now())
    assert Ticket.objects.get().subject == "Outlook asks for the password"
    as_owner.post(f"{PAGE}{job.pk}/discard/")
    result = b"".join(as_owner.get(f"{PAGE}{job.pk}/result.csv").streaming_content).decode()  # type: ignore[attr-defined]
    assert "nowhere.example" in result and "Taken over" in result
    assert "Old desk" in as_owner.get(PAGE).content.decode()


@pytest.mark.django_db
def test_programs_import_too(as_owner: Client, as_agent: Client, contoso: Customer, queue: Queue) -> None:
    def sent() -> dict[str, Any]:
        text = CSV.replace("contoso.com", "contoso.example").encode()
        return {"file": SimpleUploadedFile("old.csv", text), "source": "Old desk", "queue": queue.pk}

    address = "/api/v1/ticket-imports/"
    assert as_agent.post(address, sent()).status_code == 403
    made = as_owner.post(address, sent())
    assert (made.status_code, made.json()["pending"]) == (201, 1)
    assert as_owner.post(f"{address}{made.json()['id']}/").json()["is_running"] is True
    import_due(now=timezone.now())
    told = as_owner.get(f"{address}{made.json()['id']}/").json()
    assert (told["done"], told["is_running"]) == (1, False)


def _work_until_killed(database: str) -> None:
    connections.close_all()
    connection.settings_dict["NAME"] = database
    import_due(now=timezone.now() + timedelta(seconds=1), most=100_000)


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_is_killed_in_the_middle_has_done_every_row_once_or_not_at_all(
    owner: User, contoso: Customer
) -> None:
    queue = Queue.objects.get_or_create(name="Support")[0]
    text = io.StringIO()
    text.write(HEADER)
    for number in range(400):
        text.write(f"{number},Old case {number},contoso.example,2026-01-05,closed,\n")
    asked = Asked(content=text.getvalue().encode(), name="old.csv", source="Old desk", queue=queue)
    job = prepare(asked, by=owner, now=timezone.now())
    start(job, now=timezone.now())
    name = connection.settings_dict["NAME"]
    connections.close_all()
    for _ in range(3):
        done = Ticket.objects.count()
        connections.close_all()
        worker = multiprocessing.get_context("fork").Process(target=_work_until_killed, args=(name,))
        worker.start()
        while Ticket.objects.count() < done + 20 and worker.is_alive():
            pass
        os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
    while import_due(now=timezone.now()):
        pass
    assert states(job) == {"DONE": 400}
    assert Ticket.objects.values("subject").distinct().count() == Ticket.objects.count() == 400
