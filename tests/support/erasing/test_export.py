"""The export of a customer holds every word about it and none of another; a killed worker changes nothing of that."""

import json
from collections.abc import Callable
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from zipfile import ZipFile

import pytest
from django.apps import apps
from django.test import Client
from django.utils import timezone

from csp_portal.accounts.models import User
from csp_portal.audit.models import Entry as AuditEntry
from customers.models import Customer
from support.desk import receive
from support.erasing import exports, files
from support.erasing.reach import Subject, models_in_order
from support.erasing.writing import write_export
from support.models import Channel, CustomerPerson, DataExport, Entry
from support.values import Incoming
from tests.support.erasing.conftest import Planted

pytestmark = pytest.mark.django_db
Plant = Callable[[str], Planted]

SHARED = "is of many customers or of the portal; rows about one customer hang on it and are reached themselves"
OURS = "is written by our people for all customers"
NOT_ABOUT_CUSTOMERS = {
    "customers": {
        **dict.fromkeys(("Connection", "GdapFeed", "SecurityGroup", "GroupMember", "RoleGroup", "AdminRole"), SHARED),
        **dict.fromkeys(("CustomerGroup", "CustomerGroup_people", "ExpiryNotice", "OnboardingRule"), SHARED),
        **dict.fromkeys(("RoleTemplate", "TemplateRole", "PortalLink", "StopSwitch", "Heartbeat"), OURS),
        "FirstStepsDismissal": "is about one of our people",
    },
    "health": {
        **dict.fromkeys(("Issue", "IssueChange", "Post", "Message", "Service"), "is Microsoft's word to everybody"),
        **dict.fromkeys(("NoticeRun", "NoticeRun_groups_in", "NoticeRun_groups_out", "NoticeText"), SHARED),
        **dict.fromkeys(("NoticeTemplate", "ReckonedMonth"), OURS),
        **dict.fromkeys(("ShiftLook", "Takeover"), "is about one of our people"),
    },
    "support": {
        **dict.fromkeys(("Queue", "Mailbox", "MicrosoftTarget", "SuspicionRule", "InsightRound", "ReopenRule"), OURS),
        **dict.fromkeys(("Baseline", "CannedReply", "Runbook", "RunbookVersion", "RunbookWish"), OURS),
        **dict.fromkeys(("EntitlementChoice", "PartnerStanding", "BatchReply"), OURS),
        "Macro": OURS,
        "QuietPerson": "is about one of our people",
        "DataDeletion": "knows nothing of the customer but the tenant ID",
        "TicketImport": "is of many customers; what it took over hangs on tickets",
        **dict.fromkeys(("BulkChange", "BulkRow"), "holds nothing but numbers of tickets"),
    },
}


def unpacked(export: DataExport) -> dict[str, bytes]:
    with ZipFile(files.path_of(export.key)) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def made(customer: Customer, *, by: User, address: str = "") -> DataExport:
    export = exports.ask(customer, address=address, by=by, now=timezone.now())
    assert exports.make_due(now=timezone.now()) == 1
    return DataExport.objects.get(pk=export.pk)


def test_every_model_is_reached_or_said_not_to_be_about_customers() -> None:
    reached = {model._meta.label for model in models_in_order()}
    for app, reasons in NOT_ABOUT_CUSTOMERS.items():
        known = {model._meta.object_name for model in apps.get_app_config(app).get_models(include_auto_created=True)}
        missing = {name for name in known if f"{app}.{name}" not in reached} - set(reasons)
        assert missing == set(), f"neither reached from a customer nor listed here with a reason: {missing}"
        assert {name for name in reasons if f"{app}.{name}" in reached or name not in known} == set()


def test_an_export_holds_every_word_of_the_customer_and_none_of_another(plant: Plant, owner: User) -> None:
    mine, other = plant("aa"), plant("bb")

    content = unpacked(made(mine.customer, by=owner))

    whole = b"\n".join(content.values())
    assert [word for word in mine.words if word.encode() not in whole] == []
    assert [word for word in other.words if word.encode() in whole] == []
    assert str(other.customer.tenant_id).encode() not in whole
    page = content[f"tickets/{mine.ticket.pk}.html"].decode()
    note = next(part for part in page.split("<hr>") if "aanotezq" in part)
    assert "Internal note / 內部備註" in note
    assert "Tickets / " in content["index.html"].decode()


def test_rows_come_in_the_order_of_their_keys_and_the_same_rows_give_the_same_bytes(plant: Plant, owner: User) -> None:
    mine = plant("aa")
    export = made(mine.customer, by=owner)
    subject = Subject(customer=mine.customer)
    rows = [json.loads(text) for name, text in unpacked(export).items() if name.startswith("data/")]
    assert all(keys == sorted(keys) for keys in ([row["id"] for row in kind] for kind in rows if "id" in kind[0]))

    twice = []
    for _ in range(2):
        target = BytesIO()
        write_export(target, export=export, found=exports.exported(subject), tell=lambda rows: None)
        twice.append(target.getvalue())
    assert twice[0] == twice[1]


def test_no_secret_is_in_an_export(plant: Plant, owner: User) -> None:
    mine = plant("aa")
    person = CustomerPerson.objects.get(customer=mine.customer)

    content = b"\n".join(unpacked(made(mine.customer, by=owner)).values())

    assert person.visit_key.encode() not in content
    assert b"token_hash" not in content


def test_an_export_of_a_person_holds_what_they_said_and_not_what_others_did(plant: Plant, owner: User) -> None:
    mine = plant("aa")
    lee = Incoming(text="leewordzq", channel=Channel.MAIL, sender_address="lee@aa.example")
    receive(mine.ticket.pk, lee, now=timezone.now())

    whole = b"\n".join(unpacked(made(mine.customer, by=owner, address="lee@aa.example")).values())
    kim = b"\n".join(unpacked(made(mine.customer, by=owner, address=mine.address.upper())).values())

    assert b"leewordzq" in whole
    assert b"aaaskedzq" not in whole
    assert b"aaaskedzq" in kim and b"aacontactzq" in kim and b"aaraw0zq" in kim
    assert b"aacallzq" not in kim


def test_a_worker_that_died_is_followed_by_another_and_cannot_finish_later(plant: Plant, owner: User) -> None:
    mine = plant("aa")
    export = exports.ask(mine.customer, address="", by=owner, now=timezone.now())
    dead = exports._claim()  # and then it is killed
    assert dead is not None
    assert exports.make_due(now=timezone.now()) == 0  # leased
    DataExport.objects.filter(pk=export.pk).update(due_at=timezone.now() - timedelta(seconds=1))

    assert exports.make_due(now=timezone.now()) == 1

    with pytest.raises(exports.Lost):
        exports._make(dead)
    found = DataExport.objects.get(pk=export.pk)
    assert found.rows_done == found.rows > 30
    assert sorted(path.name for path in files.path_of("x").parent.iterdir()) == [found.key]


def test_an_export_and_its_file_are_gone_after_a_week(plant: Plant, owner: User, files_dir: Path) -> None:
    export = made(plant("aa").customer, by=owner)

    exports.make_due(now=timezone.now() + timedelta(days=6))
    assert files.path_of(export.key).exists()
    exports.make_due(now=timezone.now() + timedelta(days=8))

    assert not DataExport.objects.exists()
    assert list((files_dir / "exports").iterdir()) == []


def test_asking_twice_makes_one_and_is_audited_without_the_address(
    plant: Plant, owner: User, signed_in: Callable[..., Client]
) -> None:
    mine = plant("aa")
    url, client = f"/customers/{mine.customer.tenant_id}/data/", signed_in(owner)

    for _ in range(2):
        assert client.post(f"{url}new/", {"address": mine.address}).status_code == 302
    export = DataExport.objects.get()
    exports.make_due(now=timezone.now())
    answer = client.get(f"{url}{export.pk}/")

    assert answer["Content-Type"] == "application/zip"
    assert b"".join(answer.streaming_content)[:2] == b"PK"  # type: ignore[attr-defined]
    assert "Ready" in client.get(url).content.decode()
    lines = AuditEntry.objects.filter(action__startswith="customer.data_").order_by("number")
    assert [line.action for line in lines] == ["customer.data_asked", "customer.data_read"]
    assert mine.address not in "".join(f"{line.about}{line.before}{line.after}" for line in lines)


def test_the_whole_conversation_is_there_when_there_are_more_entries_than_are_read_at_once(
    plant: Plant, owner: User
) -> None:
    mine = plant("aa")
    ticket, now = mine.ticket, timezone.now()
    Entry.objects.bulk_create(Entry(ticket=ticket, kind="NOTE", at=now, text=f"line {n} zq") for n in range(450))

    content = unpacked(made(mine.customer, by=owner))

    rows = json.loads(content["data/support.Entry.json"])
    assert sum(row["text"].endswith(" zq") for row in rows) == 450
