"""The pack as it leaves: nothing planted is in it in any shape, and the same facts are the same bytes."""

import hashlib
import html
import io
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from zipfile import ZipFile

import pytest
from django.test import Client
from django.utils import timezone
from django.utils.translation import override
from pypdf import PdfReader

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from customers.models import Contact, Customer
from support.desk import add_note, receive, reply
from support.escalation.baseline import checklists_of, tick_item
from support.escalation.pack.gathering import evidence_of, extracts_of
from support.escalation.pack.making import Pack, pack_of
from support.escalation.pack.pdf import pdf_of
from support.escalation.values import Filing
from support.models import BaselineTick, Channel, Escalation, HealthCheck
from support.values import Incoming
from tests.support.escalation.azure import draft_of
from tests.support.escalation.pack.corpus import everything
from tests.support.escalation.pack.test_masking import squeezed

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)
CORRELATION = "4b2c8d61-11aa-4f0e-9a77-0d1e2f3a4b5c"


@pytest.fixture
def row(contoso: Customer, support_agent: User) -> Escalation:
    """Everything that was planted, spread over all that a pack is made of."""
    planted = [one.text for one in everything()]
    draft = draft_of(contoso, by=support_agent, now=NOW)
    draft.ticket.requester_name = "Kim Lee"
    draft.ticket.save()
    Contact.objects.create(customer=contoso, name="Anna Berg", address="anna@contoso.example")
    receive(draft.ticket_id, _mail("\n".join(planted[0::5]) + f"\nx-ms-request-id: {CORRELATION}"), now=NOW)
    reply(draft.ticket_id, text="\n".join(planted[1::5]), to=["kim@contoso.example"], by=support_agent, now=NOW)
    add_note(
        draft.ticket_id, text="\n".join(planted[2::5]) + "\nKim Lee and Anna Berg wait.", by=support_agent, now=NOW
    )
    for checklist in checklists_of(draft.ticket):
        for item in checklist.open_items[:2]:
            tick_item(
                draft.ticket,
                baseline=checklist.baseline,
                key=item.key,
                outcome=BaselineTick.Outcome.DONE,
                evidence="\n".join(planted[3::5])[:1900],
                by=support_agent,
                now=NOW,
            )
    draft.form = Filing(
        title="VM is gone",
        symptom="\n".join(planted[4::5]),
        impact="Kim Lee can't work.",
        tried="\n".join(planted[3::5]),
        first_name="Agnes",
        last_name="Agent",
        address="agnes@partner.example",
    ).as_json()
    draft.health_check = HealthCheck.objects.create(
        ticket=draft.ticket,
        customer=contoso,
        family="AZURE",
        state="DONE",
        asked_at=NOW,
        asked_by=support_agent,
        read_at=NOW,
        services=[{"name": "Exchange Online", "status": "serviceOperational"}],
        issues=[{"id": "EX7654321", "title": "Some can't sign in", "details": "\n".join(planted[0::7])}],
    )
    draft.save()
    return Escalation.objects.select_related("ticket__customer", "health_check").get(pk=draft.pk)


def _mail(text: str) -> Incoming:
    return Incoming(text=text, channel=Channel.MAIL, sender_name="Kim Lee", sender_address="kim@contoso.example")


def made(row: Escalation) -> Pack:
    return pack_of(evidence_of(row, entries=[one.pk for one in extracts_of(row)]))


def shapes_of(pack: Pack) -> dict[str, str]:
    """What each shape says to whoever opens it."""
    archive = ZipFile(io.BytesIO(pack.zip()))
    read = {f"zip/{name}": archive.read(name) for name in archive.namelist()}
    pdf = read.pop("zip/evidence.pdf")
    assert pdf == pack.pdf()
    said = "\n".join(page.extract_text() for page in PdfReader(io.BytesIO(pdf)).pages)
    return {"text": pack.text, "pdf": said, **{name: content.decode() for name, content in read.items()}}


def test_nothing_that_was_planted_is_in_any_shape_of_it(row: Escalation) -> None:
    shapes = shapes_of(made(row))
    assert len(shapes) == 4
    for name, said in shapes.items():
        plain = squeezed(said)
        left = [one.gone for one in everything() if squeezed(one.gone) in plain]
        assert not left, (name, left)
        assert "kimlee" not in plain and "annaberg" not in plain, name


def test_what_microsoft_needs_is_in_it(row: Escalation, contoso: Customer) -> None:
    text = made(row).text
    for words in (
        str(contoso.tenant_id),
        contoso.domain,
        CORRELATION,
        f"x-ms-request-id: {CORRELATION}",
        "B - Moderate",
        "EX7654321",
        "Exchange Online",
        "2026-11-23 12:00:00  Ticket opened",
        "agnes@partner.example",
        "[x] ",
        "[ ] ",
        "Support plan: PREMIER",
        "No active relationship is known.",
        "Person 1",
    ):
        assert words in text, words


def test_the_same_facts_are_the_same_bytes_whenever_and_wherever_it_is_made(row: Escalation) -> None:
    first = made(row)
    timezone.activate("Asia/Taipei")
    second = made(Escalation.objects.select_related("ticket__customer", "health_check").get(pk=row.pk))
    timezone.deactivate()
    with override("zh-hant"):
        assert made(Escalation.objects.get(pk=row.pk)).text == first.text
    assert [one(first) for one in (Pack.zip, Pack.pdf)] == [one(second) for one in (Pack.zip, Pack.pdf)]
    assert first.text == second.text
    elsewhere = subprocess.run(
        [sys.executable, "-c", _ELSEWHERE],
        input=first.text.encode(),
        env={"PYTHONHASHSEED": "77", "TZ": "America/New_York", "PATH": "/usr/bin", "PYTHONPATH": ".", **_settings()},
        capture_output=True,
        check=True,
    )
    assert elsewhere.stdout.decode().strip() == hashlib.sha256(first.pdf()).hexdigest()
    Escalation.objects.filter(pk=row.pk).update(filed_at=NOW + timedelta(hours=1), microsoft_number="2611230000123456")
    assert made(Escalation.objects.get(pk=row.pk)).text != first.text


_ELSEWHERE = """
import hashlib, sys
import django
django.setup()
from support.escalation.pack.pdf import pdf_of
text = sys.stdin.buffer.read().decode()
print(hashlib.sha256(pdf_of(text.splitlines()[0], text)).hexdigest())
"""


def _settings() -> dict[str, str]:
    return {
        "DJANGO_SETTINGS_MODULE": "csp_portal.settings",
        "DATABASE_URL": "postgresql://nobody@localhost/nowhere",
        "REDIS_URL": "redis://localhost",
        "PORTAL_URL": "https://portal.example.com",
        "SECRET_KEY": "only-for-checks-that-open-no-connection-0123456789abcdefgh",
        "PORTAL_KEYS_FILE": "/dev/null",
    }


def test_the_page_shows_what_leaves_and_notes_stay_unless_they_are_ticked(as_agent: Client, row: Escalation) -> None:
    address = f"/tickets/{row.ticket_id}/escalations/{row.pk}/pack/"
    shown = as_agent.get(address).content.decode()
    assert "<mark>secret</mark>" in shown and "<mark>Person 2</mark>" in shown
    assert "and ⟦Person" not in shown and "Internal note" in shown
    note = next(one for one in extracts_of(row) if not one.is_public)
    assert "UTC, Internal note" not in html.unescape(shown)
    with_note = as_agent.post(address, {"entries": [note.pk], "also": "wait.\nVM is gone"}).content.decode()
    assert "UTC, Internal note" in html.unescape(with_note) and "<mark>hidden</mark>" in with_note
    refused = as_agent.post(f"{address}file/", {"as": "pdf", "also": "x"}).content.decode()
    assert "at least three characters" in refused


@pytest.mark.parametrize(("shape", "start"), [("txt", b"Evidence pack"), ("pdf", b"%PDF-"), ("zip", b"PK")])
def test_who_took_it_stands_in_the_audit_with_its_hash(
    as_agent: Client, row: Escalation, support_agent: User, shape: str, start: bytes
) -> None:
    address = f"/tickets/{row.ticket_id}/escalations/{row.pk}/pack/file/"
    answer = as_agent.post(address, {"as": shape, "entries": [one.pk for one in extracts_of(row)]})
    assert answer.content.startswith(start) and "attachment" in answer["Content-Disposition"]
    noted = AuditEntry.objects.get(action="escalation.evidence_taken")
    assert noted.after["sha256"] == hashlib.sha256(answer.content).hexdigest()


def test_a_foreign_escalation_has_no_pack(as_agent: Client, row: Escalation) -> None:
    assert as_agent.get(f"/tickets/{row.ticket_id + 1}/escalations/{row.pk}/pack/").status_code == 404


def test_a_line_without_end_takes_no_minute_to_print() -> None:
    began = time.process_time()
    paper = pdf_of("Long", "word " * 40_000)
    assert len(PdfReader(io.BytesIO(paper)).pages) > 10 and time.process_time() - began < 10


def test_entries_that_are_too_old_to_go_along_are_counted(
    as_agent: Client, row: Escalation, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = f"/tickets/{row.ticket_id}/escalations/{row.pk}/pack/"
    assert "Only the newest go along" not in as_agent.get(page).content.decode()
    monkeypatch.setattr("support.escalation.pack.gathering.MOST_ENTRIES", len(extracts_of(row)) - 1)
    assert "Only the newest go along: 1 older entry stays." in as_agent.get(page).content.decode()
