"""Writes an export: one JSON file a kind, files and mails as they came, and pages for people who read no JSON."""

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import IO, Any
from zipfile import ZIP_DEFLATED, ZipFile, ZipInfo

from django.core.serializers.json import DjangoJSONEncoder
from django.db.models import Model
from django.template.loader import render_to_string

from csp_portal.accounts.models import User
from csp_portal.attachments import store
from csp_portal.attachments.models import Attachment
from support.erasing.plain import fields_of, plain_row
from support.erasing.reach import Found, Subject
from support.erasing.words import HEADINGS, both, kind_of
from support.models import DataExport, Entry, ReceivedMail, Ticket

AT_ONCE = 200
PIECE = 1024 * 1024


@dataclass(kw_only=True)
class Writer:
    """`tell` hears after every few rows how many more were written, and raises where the work is no longer ours."""

    archive: ZipFile
    found: Found
    tell: Callable[[int], None]
    people: dict[int, str] = field(default_factory=dict)

    def add(self, name: str) -> IO[bytes]:
        info = ZipInfo(name)  # of no moment: the same rows give the same bytes
        info.compress_type, info.external_attr = ZIP_DEFLATED, 0o600 << 16
        return self.archive.open(info, "w", force_zip64=True)


def write_export(target: IO[bytes], *, export: DataExport, found: Found, tell: Callable[[int], None]) -> None:
    """The whole archive, kind after kind in the order of their names, rows in the order of their keys."""
    people = dict(User.objects.values_list("pk", "name"))
    with ZipFile(target, "w") as archive:
        writer = Writer(archive=archive, found=found, tell=tell, people=people)
        labels = {model._meta.label: model for model in found}
        for label in sorted(labels):
            _write_kind(writer, labels[label])
        _write_files(writer)
        _write_mails(writer)
        _write_tickets(writer)
        subject = Subject(customer=export.customer, address=export.person_address)
        with writer.add("index.html") as page:
            page.write(_index(subject, export=export, writer=writer, labels=sorted(labels)).encode())


def rows_of(found: Found, model: type[Model], *, at_once: int = AT_ONCE) -> Iterator[list[Any]]:
    keys = found.get(model, [])
    for start in range(0, len(keys), at_once):
        yield list(model._default_manager.filter(pk__in=keys[start : start + at_once]).order_by("pk"))


def _write_kind(writer: Writer, model: type[Model]) -> None:
    fields, comma = fields_of(model), ""
    with writer.add(f"data/{model._meta.label}.json") as file:
        file.write(b"[")
        for rows in rows_of(writer.found, model, at_once=20 if model is ReceivedMail else AT_ONCE):
            for row in rows:
                plain = plain_row(row, fields=fields, people=writer.people)
                file.write(f"{comma}\n{json.dumps(plain, cls=DjangoJSONEncoder, ensure_ascii=False)}".encode())
                comma = ","
            writer.tell(len(rows))
        file.write(b"\n]\n")


def _write_files(writer: Writer) -> None:
    for rows in rows_of(writer.found, Attachment):
        for file in rows:
            if file.state == Attachment.State.INFECTED or not store.path_of(file.key).exists():
                continue
            with store.read(file.key) as content, writer.add(f"files/{file.pk}/{file.name}") as target:
                while piece := content.read(PIECE):
                    target.write(piece)
            writer.tell(0)


def _write_mails(writer: Writer) -> None:
    for rows in rows_of(writer.found, ReceivedMail, at_once=1):  # each may have 25 MB
        for mail in rows:
            with writer.add(f"mails/{mail.pk}.eml") as target:
                target.write(bytes(mail.raw))
            writer.tell(0)


def _write_tickets(writer: Writer) -> None:
    """A page a ticket, with what is in the export of it: of a person's export that may be single words."""
    said = set(writer.found.get(Entry, []))
    for tickets in rows_of(writer.found, Ticket):
        for ticket in tickets:
            entries = [
                (writer.people.get(entry.author_id) or entry.sender_name, entry)
                for entry in ticket.entries.order_by("at", "pk")
                if entry.pk in said
            ]
            context = {"ticket": ticket, "entries": entries, "words": _words()}
            with writer.add(f"tickets/{ticket.pk}.html") as page:
                page.write(render_to_string("support/erasing/ticket_file.html", context).encode())
        writer.tell(0)


def _index(subject: Subject, *, export: DataExport, writer: Writer, labels: list[str]) -> str:
    numbers = {model._meta.label: len(keys) for model, keys in writer.found.items()}
    whom = f"{subject.address} ({subject.customer.name})" if subject.address else subject.customer.name
    tickets = Ticket.objects.filter(pk__in=writer.found.get(Ticket, [])).order_by("pk")
    context = {
        "title": both(HEADINGS["title"], whom=whom),
        "words": _words(),
        "made_for": export.asked_at,
        "kinds": [(kind_of(label), numbers[label], f"data/{label}.json") for label in labels],
        "tickets": tickets.only("pk", "subject").iterator(chunk_size=1000),
    }
    return render_to_string("support/erasing/index_file.html", context)


def _words() -> dict[str, str]:
    return {name: both(text) for name, text in HEADINGS.items() if name != "title"}
