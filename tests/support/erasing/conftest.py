"""Customers of whom much is kept, each record with a word of its own that nothing else holds."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.attachments.take_in import take_in
from csp_portal.notices.models import Delivery, Event, Target
from customers.models import ChangeNotice, Contact, Customer, Order, OrderItem, Relationship
from health.models import Call, Exposure, Issue, Notice, NoticeRun, StateChange
from support.attaching import add_files
from support.desk import add_note, open_ticket, reply
from support.models import (
    Channel,
    ChecklistItem,
    CustomerPerson,
    Draft,
    Entry,
    Escalation,
    Queue,
    Rating,
    ReceivedMail,
    Ticket,
    TimeSpent,
)
from support.values import NewTicket
from tests.rights.conftest import make_connection, make_customer, make_issue


@dataclass(kw_only=True)
class Planted:
    """A customer with its words; `word("x")` invents one."""

    customer: Customer
    sign: str
    words: list[str] = field(default_factory=list)

    def word(self, what: str) -> str:
        self.words.append(f"{self.sign}{what}zq")
        return self.words[-1]

    @property
    def address(self) -> str:
        return f"{self.sign}kim@{self.sign}.example"

    @property
    def ticket(self) -> Ticket:
        return Ticket.objects.filter(customer=self.customer, requester_address=self.address).get()


@pytest.fixture(autouse=True)
def files_dir(tmp_path: Path, settings: Any) -> Path:
    settings.PORTAL_FILES_DIR = str(tmp_path / "files")
    settings.CLAMD_ADDRESS, settings.PORTAL_SERVE_UNSCANNED = "", True
    return tmp_path / "files"


@pytest.fixture
def issue(db: None) -> Issue:
    return make_issue("EX7", hits=[])


@pytest.fixture
def plant(queue: Queue, issue: Issue, owner: User) -> Callable[[str], Planted]:
    def make(sign: str) -> Planted:
        customer = make_customer(f"{sign}namezq", tags=[f"{sign}tagzq"])
        planted = Planted(customer=customer, sign=sign, words=[f"{sign}namezq", f"{sign}tagzq"])
        _contact_and_health(planted, issue=issue, by=owner)
        _access(planted, by=owner)
        _events(planted)
        with transaction.atomic():
            ticket = _ticket(planted, queue=queue, by=owner)
        _beside_ticket(planted, ticket, by=owner)
        _files_and_mails(planted, ticket, by=owner)
        return planted

    return make


def _contact_and_health(planted: Planted, *, issue: Issue, by: User) -> None:
    customer, now = planted.customer, timezone.now()
    contact = Contact.objects.create(customer=customer, name=planted.word("contact"), address=planted.address)
    CustomerPerson.objects.create(customer=customer, name=planted.word("person"), address=planted.address)
    run = NoticeRun.objects.create(issue=issue, author=by, drafted_at=now, title="All of them")
    Notice.objects.create(
        run=run,
        contact=contact,
        customer=customer,
        address=planted.address,
        subject=planted.word("noticesubject"),
        text=planted.word("noticetext"),
        message_id=planted.word("noticeid"),
    )
    Exposure.objects.create(issue=issue, customer=customer, first_seen_at=now, last_seen_at=now)
    Call.objects.create(issue=issue, customer=customer, by=by, called_at=now, note=planted.word("call"))
    StateChange.objects.filter(customer=customer).update(because=planted.word("because")[:100])


def _access(planted: Planted, *, by: User) -> None:
    customer, now = planted.customer, timezone.now()
    connection = make_connection(f"Connection {planted.sign}")
    relationship = Relationship.objects.create(
        connection=connection,
        customer=customer,
        microsoft_id=f"{planted.sign}-1",
        name=planted.word("relationship"),
        status="active",
        customer_tenant_id=customer.tenant_id,
        customer_name=planted.word("tenantname"),
        duration="P730D",
        first_seen_at=now,
        last_seen_at=now,
    )
    order = Order.objects.create(
        ordered_by=by, action="TERMINATE", reason=planted.word("reason"), era=0, created_at=now
    )
    OrderItem.objects.create(
        order=order,
        connection=connection,
        customer=customer,
        relationship=relationship,
        position=1,
        parameters={"name": planted.word("parameter")},
    )
    ChangeNotice.objects.create(
        customer=customer,
        relationship=relationship,
        told_by=by,
        told=planted.word("told"),
        subject=planted.word("toldsubject"),
        text=planted.word("toldtext"),
        told_at=now,
    )


def _events(planted: Planted) -> None:
    now = timezone.now()
    facts = {"who": planted.word("eventfact")}
    event = Event.objects.create(
        kind="TICKET_OPENED",
        key=planted.word("eventkey"),
        severity=1,
        is_news=True,
        facts=facts,
        first_seen_at=now,
        last_seen_at=now,
        due_at=None,
    )
    event.customers.add(planted.customer)
    target = Target.objects.create(name=f"Target {planted.sign}", way="MAIL", language="en")
    Delivery.objects.create(
        target=target, event=event, content={"text": planted.word("delivery")}, state="SENT", made_at=now, due_at=now
    )


def _ticket(planted: Planted, *, queue: Queue, by: User) -> Ticket:
    new = NewTicket(
        subject=planted.word("subject"),
        text=planted.word("asked"),
        queue=queue,
        channel=Channel.MAIL,
        customer=planted.customer,
        requester_name=planted.word("requester"),
        requester_address=planted.address,
        html=f"<p>{planted.word('html')}</p>",
        quoted=planted.word("quoted"),
        impact=planted.word("impact"),
        tags=[planted.word("label")],
    )
    return open_ticket(new, by=None, now=timezone.now())


def _beside_ticket(planted: Planted, ticket: Ticket, *, by: User) -> None:
    now = timezone.now()
    add_note(ticket.pk, text=planted.word("note"), by=by, now=now)
    reply(ticket.pk, text=planted.word("reply"), to=[planted.address], by=by, now=now)
    ChecklistItem.objects.create(
        ticket=ticket, position=1, text=planted.word("todo"), evidence=planted.word("evidence")
    )
    TimeSpent.objects.create(ticket=ticket, person=by, minutes=5, on=now.date(), what=planted.word("work"), turn="US")
    Draft.objects.create(ticket=ticket, person=by, text=planted.word("draft"), kept_at=now)
    Rating.objects.create(ticket=ticket, is_good=True, words=planted.word("rating"), at=now)
    Escalation.objects.create(
        ticket=ticket, escalation_no=1, override_reason=planted.word("override"), created_by=by, created_at=now
    )


def _files_and_mails(planted: Planted, ticket: Ticket, *, by: User) -> None:
    now, customer = timezone.now(), planted.customer
    first = Entry.objects.filter(ticket=ticket).order_by("pk")[0]
    add_files(first, [SimpleUploadedFile("steps.txt", planted.word("filebytes").encode())])
    upload = SimpleUploadedFile("contract.txt", planted.word("contract").encode())
    take_in(upload, customer=customer, tenant_id=customer.tenant_id, by=by, now=now)
    for number, about in enumerate((ticket, None)):
        raw = planted.word(f"raw{number}").encode()
        ReceivedMail.objects.create(
            raw=raw,
            sha256=f"{planted.sign}{number}".ljust(64, "0"),
            size=len(raw),
            received_at=now - timedelta(minutes=1),
            sender=planted.address,
            subject=planted.word(f"mailsubject{number}"),
            state="TAKEN" if about else "QUARANTINED",
            ticket=about,
        )
