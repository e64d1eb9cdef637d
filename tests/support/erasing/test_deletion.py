"""A deleted customer is in no table but the audit and in no file, others are untouched, and a killed worker goes on."""

import json
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from zipfile import ZipFile, is_zipfile

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import KeptAnswer, User
from csp_portal.audit.models import Entry as AuditEntry
from csp_portal.notices.models import Delivery, Target
from customers.models import Customer
from health.models import Service, Suspicion
from support.erasing import deletions, exports
from support.models import (
    DataDeletion,
    DataExport,
    Escalation,
    ImportedRow,
    OfferVersion,
    SlaClock,
    SlaPolicy,
    SupportOffer,
    Ticket,
    TicketImport,
)
from tests.support.erasing.conftest import Planted

pytestmark = pytest.mark.django_db(transaction=True)
Plant = Callable[[str], Planted]
_COLUMNS = """
SELECT table_name, column_name, data_type FROM information_schema.columns
WHERE table_schema = current_schema() AND table_name <> 'audit_entry'
AND data_type IN ('text', 'character varying', 'jsonb', 'ARRAY', 'bytea', 'tsvector', 'uuid')
"""


def places_of(pattern: str) -> set[str]:
    """Every column of every table, but the audit's, in which the pattern is found."""
    with connection.cursor() as cursor:
        cursor.execute(_COLUMNS)
        columns = cursor.fetchall()
        found = set()
        for table, column, kind in columns:
            said = f"encode(\"{column}\", 'escape')" if kind == "bytea" else f'"{column}"::text'
            cursor.execute(f'SELECT 1 FROM "{table}" WHERE {said} ~ %s LIMIT 1', [pattern])
            found.update({f"{table}.{column}"} if cursor.fetchone() else set())
    return found


def files_with(pattern: str, folder: Path) -> list[Path]:
    """Archives are looked into: packed bytes say nothing, or anything by chance."""
    return [path for path in folder.rglob("*") if path.is_file() and re.search(pattern.encode(), _said_in(path))]


def _said_in(path: Path) -> bytes:
    if not is_zipfile(path):
        return path.read_bytes()
    with ZipFile(path) as archive:
        return b"\n".join(map(archive.read, archive.namelist()))


def hide_elsewhere(planted: Planted, *, by: User) -> None:
    """Copies that point at nothing: an answer kept for a program, a digest sent, an import never begun."""
    now, customer = timezone.now(), planted.customer
    target = Target.objects.create(name=f"Digest {planted.sign}", way="MAIL", language="en")
    said = {"lines": [f"{customer.name}: {planted.word('digest')}"]}
    Delivery.objects.create(target=target, content=said, is_digest=True, state="SENT", made_at=now, due_at=now)
    body = f'{{"customer": "{customer.tenant_id}", "subject": "{planted.word("kept")}"}}'
    KeptAnswer.objects.create(person=by, key=planted.sign, request_hash="x", status=201, body=body)
    queue = planted.ticket.queue
    job = TicketImport.objects.create(
        person=by, file_name="old.csv", shape="CSV", source="old", queue=queue, made_at=now
    )
    row = {"customer": customer.name.upper(), "text": planted.word("brought")}
    other = {"customer": "Unknown", "text": f"{customer.name[:2]} is no name"}
    ImportedRow.objects.create(job=job, place=2, source="old", external_id=f"{planted.sign}2", content=other)
    ImportedRow.objects.create(job=job, place=1, source="old", external_id=planted.word("key"), content=row)


def test_a_deletion_leaves_no_word_of_the_customer_but_in_the_audit_and_every_word_of_another(
    plant: Plant, owner: User, files_dir: Path
) -> None:
    mine, other = plant("aa"), plant("bb")
    for planted in (mine, other):
        hide_elsewhere(planted, by=owner)
        exports.ask(planted.customer, address="", by=owner, now=timezone.now())
        exports.make_due(now=timezone.now())
    before = places_of("bb[a-z0-9]*zq")
    assert len(before) > 30 and "support_receivedmail.raw" in before
    assert places_of("aa[a-z0-9]*zq") == before
    assert files_with("aafilebyteszq", files_dir)

    deletion = deletions.ask(mine.customer, by=owner, now=timezone.now())
    assert deletions.delete_due(now=timezone.now()) == 1

    assert ImportedRow.objects.filter(place=2).count() == 2
    assert places_of("aa[a-z0-9]*(zq|kim)") == set()
    assert places_of(str(mine.customer.tenant_id)) == {"support_datadeletion.tenant_id"}
    assert places_of("bb[a-z0-9]*zq") == before
    assert files_with("aa[a-z0-9]*(zq|kim)", files_dir) == []
    assert files_with("bbfilebyteszq", files_dir) and files_with("bbcontractzq", files_dir)
    assert DataExport.objects.get().customer == other.customer
    found = DataDeletion.objects.get(pk=deletion.pk)
    assert found.ended_at is not None and found.rows_deleted >= found.rows > 30


@pytest.mark.parametrize(
    ("words", "said", "is_found"),
    [
        ("nova.example", "from supernova.example", False),
        ("nova.example", "from nova.example.com", False),
        ("nova.example", "from super-nova.example", False),
        ("nova.example", "Ask kim@Nova.example.", True),
        ("nova.example", "https://mail.nova.example/", True),
        ("kim@nova.example", "jo.kim@nova.example", False),
        ("台北", "台北銀行", False),
        ('The "A" (Ltd)', 'of The "A" (Ltd): all', True),
    ],
)
def test_a_name_or_domain_is_found_by_itself_and_not_within_another(words: str, said: str, is_found: bool) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::jsonb::text ~* %s", [json.dumps({"text": said}), deletions._by_itself(words)])
        assert cursor.fetchone() == (is_found,)


def test_a_killed_worker_leaves_the_rest_to_another_and_cannot_come_back(
    plant: Plant, owner: User, files_dir: Path
) -> None:
    mine = plant("aa")
    deletions.ask(mine.customer, by=owner, now=timezone.now())
    killed_after = 0
    while Customer.objects.filter(pk=mine.customer.pk).exists():
        claimed = deletions._claim()
        assert claimed is not None
        working = deletions.steps(claimed)
        for _ in range(3):
            if next(working, claimed) is claimed:
                break
        killed_after += 1
        DataDeletion.objects.update(due_at=timezone.now() - timedelta(seconds=1))
    late = deletions._claim()
    if late is not None:
        assert deletions.delete_due(now=timezone.now()) == 0  # leased
        DataDeletion.objects.update(due_at=timezone.now() - timedelta(seconds=1))
        assert deletions.delete_due(now=timezone.now()) == 1
        with pytest.raises(deletions.Lost):
            list(deletions.steps(late))

    assert killed_after > 5
    assert places_of("aa[a-z0-9]*(zq|kim)") == set()
    assert files_with("aa[a-z0-9]*(zq|kim)", files_dir) == []


def test_what_is_being_filed_with_microsoft_is_waited_for(plant: Plant, owner: User) -> None:
    mine = plant("aa")
    filing = Escalation.objects.filter(ticket__customer=mine.customer)
    filing.update(state=Escalation.State.SENDING)
    deletion = deletions.ask(mine.customer, by=owner, now=timezone.now())
    assert deletions.delete_due(now=timezone.now()) == 0
    assert Customer.objects.filter(pk=mine.customer.pk).exists() and filing.exists()

    filing.update(state=Escalation.State.OPERATOR)
    DataDeletion.objects.filter(pk=deletion.pk).update(due_at=timezone.now() - timedelta(seconds=1))
    assert deletions.delete_due(now=timezone.now()) == 1
    assert not Customer.objects.filter(pk=mine.customer.pk).exists()


def test_the_audit_says_who_deleted_how_much_and_nothing_of_what_it_was(plant: Plant, owner: User) -> None:
    mine = plant("aa")

    deletions.ask(mine.customer, by=owner, now=timezone.now())
    deletions.delete_due(now=timezone.now())

    asked, done = AuditEntry.objects.filter(action__startswith="customer.data_delet").order_by("number")
    assert asked.person_id == done.person_id == owner.pk
    assert asked.customer == done.customer == mine.customer.tenant_id
    assert done.after["deleted"]["support.Ticket"] == 1
    assert not [word for word in mine.words if word in f"{asked.about}{asked.after}{done.about}{done.after}"]


def test_only_the_right_name_begins_a_deletion(
    plant: Plant, owner: User, support_agent: User, signed_in: Callable[..., Client]
) -> None:
    mine = plant("aa")
    url, client = f"/customers/{mine.customer.tenant_id}/data/delete/", signed_in(owner)

    page = client.get(url).content.decode()
    wrong = client.post(url, {"name": "aaname"})

    assert "What stays" in page and "Mails as they came" in page
    assert "Nothing was deleted" in wrong.content.decode()
    assert not DataDeletion.objects.exists()
    assert signed_in(support_agent).post(url, {"name": mine.customer.name}).status_code == 403
    assert client.post(url, {"name": mine.customer.name})["Location"] == "/data-deletions/"
    assert client.post(url, {"name": mine.customer.name})["Location"] == "/data-deletions/"
    assert DataDeletion.objects.count() == 1
    deletions.delete_due(now=timezone.now())
    list_page = client.get("/data-deletions/").content.decode()
    assert str(mine.customer.tenant_id) in list_page and mine.customer.name not in list_page


def test_what_belongs_to_others_stays_though_it_uses_what_was_the_customers(plant: Plant, owner: User) -> None:
    mine, other = plant("aa"), plant("bb")
    now = timezone.now()
    service = Service.objects.create(cloud="global", name="Mail")
    suspicion = Suspicion.objects.create(service=service, seen="Slow", reported_at=now, reported_by=owner)
    suspicion.customers.add(mine.customer)
    Ticket.objects.filter(customer=other.customer).update(suspicion=suspicion)
    policy = SlaPolicy.objects.create(name="aa alone", customer=mine.customer)
    pattern = SupportOffer.objects.create(name="Premium")
    version = OfferVersion.objects.create(offer=pattern, number=1, policy=policy)
    clock = SlaClock.objects.create(
        ticket=other.ticket, kind="SOLUTION", policy=policy, target_minutes=60, started_at=now, used=timedelta()
    )
    deletions.ask(mine.customer, by=owner, now=now)
    assert deletions.delete_due(now=now) == 1
    assert not SlaPolicy.objects.filter(pk=policy.pk).exists()
    assert Ticket.objects.get(customer=other.customer).suspicion is None
    assert OfferVersion.objects.get(pk=version.pk).policy is None
    assert SlaClock.objects.get(pk=clock.pk).policy is None
