"""The files of a customer: who may send, see, fetch and remove them, and how they are handed out."""

import hashlib
import os
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from django.db.models.functions import Now
from django.test import Client

from csp_portal.attachments import store
from csp_portal.attachments.models import Attachment
from csp_portal.attachments.sweep import clear_away
from csp_portal.attachments.take_in import LARGEST, LARGEST_PER_DAY, MOST_PER_CUSTOMER
from csp_portal.audit.models import Entry
from customers.models import Customer
from tests.attachments.conftest import GIF, PDF, PNG

Send = Callable[..., Any]


@pytest.fixture
def kept(as_agent: Client, send: Send) -> Attachment:
    assert "The file was added." in send(as_agent, "合約 “2026”.pdf", PDF).content.decode()
    return Attachment.objects.get()


def _scanned(**changes: Any) -> None:
    Attachment.objects.update(state=Attachment.State.CLEAN, due_at=None, **changes)


def _address(attachment: Attachment, act: str = "") -> str:
    return f"/customers/{attachment.customer.tenant_id}/files/{attachment.key}/{act}"


def test_a_file_comes_back_byte_by_byte_and_only_to_be_kept(as_viewer: Client, kept: Attachment) -> None:
    _scanned()
    answer = as_viewer.get(_address(kept))

    assert answer.getvalue() == PDF
    assert answer["Content-Type"] == "application/pdf"
    assert answer["Content-Disposition"].startswith("attachment; filename*=utf-8''%E5%90%88%E7%B4%84")
    assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'; frame-ancestors 'none'"
    assert answer["X-Content-Type-Options"] == "nosniff"
    assert "no-store" in answer["Cache-Control"]


def test_what_is_known_of_a_file_is_what_it_is(kept: Attachment, support_agent: Any, files_dir: Path) -> None:
    assert (kept.size, kept.sha256) == (len(PDF), hashlib.sha256(PDF).hexdigest())
    assert kept.uploaded_by == support_agent
    assert re.fullmatch("[0-9a-f]{40}", kept.key)
    (file,) = (path for path in files_dir.rglob("*") if path.is_file())
    assert file.name == kept.key
    assert file.stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("claimed", ["text/html", "image/svg+xml", "application/pdf", "", "x" * 200])
def test_what_the_browser_claims_of_a_file_changes_nothing(as_agent: Client, send: Send, claimed: str) -> None:
    send(as_agent, "a.gif", GIF + b"/*<script>alert(1)</script>*/", claimed)

    assert Attachment.objects.get().media_type == "image/gif"


def test_a_kind_that_is_no_longer_listed_is_sent_as_mere_bytes(as_viewer: Client, kept: Attachment) -> None:
    _scanned(media_type="text/html")

    assert as_viewer.get(_address(kept))["Content-Type"] == "application/octet-stream"


@pytest.mark.parametrize(
    ("name", "content", "sentence"),
    [
        ("page.html", b"<script>alert(1)</script>", "are not taken"),
        ("drawing.svg", b"<svg onload=alert(1)>", "are not taken"),
        ("page.txt", b"<script>alert(1)</script>", "is not what its name"),
        ("empty.txt", b"", "is empty"),
        ("large.txt", b"x" * (LARGEST + 1), "Make it smaller"),
    ],
)
def test_a_refused_file_is_named_and_leaves_nothing(
    as_agent: Client, send: Send, files_dir: Path, *, name: str, content: bytes, sentence: str
) -> None:
    answer = send(as_agent, name, content)

    assert answer.status_code in {200, 413}
    if answer.status_code == 200:
        assert sentence in answer.content.decode()
    assert not Attachment.objects.exists()
    assert not [path for path in files_dir.rglob("*") if path.is_file()]


def test_no_body_larger_than_a_file_is_even_read(as_agent: Client, contoso: Customer) -> None:
    body = b"x" * (LARGEST + 200_000)
    kind = "multipart/form-data; boundary=x"
    answer = as_agent.post(f"/customers/{contoso.tenant_id}/files/new/", body, content_type=kind)

    assert answer.status_code == 413


def test_a_form_without_a_file_says_so(as_agent: Client, contoso: Customer) -> None:
    answer = as_agent.post(f"/customers/{contoso.tenant_id}/files/new/", follow=True)

    assert "Choose a file first." in answer.content.decode()


def test_a_customer_has_room_for_twenty(as_agent: Client, send: Send) -> None:
    for number in range(MOST_PER_CUSTOMER):
        send(as_agent, f"{number}.png", PNG)
    answer = send(as_agent, "one-more.png", PNG)

    assert "may have 20 files" in answer.content.decode()
    assert Attachment.objects.count() == MOST_PER_CUSTOMER


def test_a_person_may_send_so_much_a_day(as_agent: Client, send: Send, kept: Attachment) -> None:
    Attachment.objects.update(size=LARGEST_PER_DAY)

    assert "Go on tomorrow" in send(as_agent, "a.png", PNG).content.decode()


def test_viewers_fetch_but_neither_send_nor_remove(as_viewer: Client, send: Send, kept: Attachment) -> None:
    _scanned()

    assert as_viewer.get(_address(kept)).status_code == 200
    assert send(as_viewer, "a.png", PNG).status_code == 403
    assert as_viewer.post(_address(kept, "remove/")).status_code == 403
    assert as_viewer.post(_address(kept, "restore/")).status_code == 403
    assert "Add a file" not in as_viewer.get(f"/customers/{kept.customer.tenant_id}/files/").content.decode()


def test_the_files_of_another_customer_are_not_there(as_agent: Client, support_agent: Any, kept: Attachment) -> None:
    """Neither below the address of a customer one sees, nor below the customer's own where one does not see it."""
    _scanned()
    other = Customer.objects.create(tenant_id=uuid4(), name="Other", cloud="global", source="FILE")
    paths = [f"/customers/{other.tenant_id}/files/{kept.key}/{act}" for act in ("", "remove/", "restore/")]
    support_agent.sees = support_agent.Sees.ONLY
    support_agent.save()
    own = f"/customers/{kept.customer.tenant_id}/files/"
    foreign = [own, f"{own}new/", _address(kept), _address(kept, "remove/"), _address(kept, "restore/")]

    for path in [*paths, *foreign]:
        assert {as_agent.get(path).status_code, as_agent.post(path).status_code} <= {404, 405}, path
    assert Attachment.objects.get().removed_at is None


def test_a_removed_file_can_be_brought_back(as_agent: Client, kept: Attachment) -> None:
    _scanned()
    answer = as_agent.post(_address(kept, "remove/"), headers={"HX-Request": "true"})

    assert "was removed" in answer.content.decode()
    assert as_agent.get(_address(kept)).status_code == 404
    as_agent.post(_address(kept, "restore/"))
    assert as_agent.get(_address(kept)).status_code == 200


def test_every_act_is_recorded(as_agent: Client, kept: Attachment) -> None:
    _scanned()
    as_agent.get(_address(kept))
    for act in ("remove/", "restore/"):
        as_agent.post(_address(kept, act))

    entries = list(Entry.objects.filter(action__startswith="file.").order_by("number"))
    assert [entry.action for entry in entries] == ["file.added", "file.read", "file.removed", "file.restored"]
    assert {entry.customer for entry in entries} == {kept.customer.tenant_id}
    assert entries[0].after["sha256"] == hashlib.sha256(PDF).hexdigest()


@pytest.mark.parametrize(
    ("state", "serves_unscanned", "is_handed_out"),
    [
        ("CLEAN", False, True),
        ("UNSCANNED", False, False),
        ("UNSCANNED", True, True),
        ("PENDING", True, False),
        ("INFECTED", True, False),
    ],
)
def test_what_is_not_clean_is_not_handed_out(
    as_viewer: Client, kept: Attachment, settings: Any, *, state: str, serves_unscanned: bool, is_handed_out: bool
) -> None:
    settings.PORTAL_SERVE_UNSCANNED = serves_unscanned
    Attachment.objects.update(state=state)

    answer = as_viewer.get(_address(kept), follow=True)
    assert ("Content-Disposition" in answer) == is_handed_out
    if not is_handed_out:
        assert "This file is not handed out" in answer.content.decode()


def test_bytes_that_nobody_needs_are_cleared_away(kept: Attachment, as_agent: Client, files_dir: Path) -> None:
    as_agent.post(_address(kept, "remove/"))
    orphan = store.path_of("ab" * 20)
    orphan.parent.mkdir(parents=True, exist_ok=True)
    orphan.write_bytes(b"left by a request that was cut off")
    for path in (orphan, store.path_of(kept.key)):
        os.utime(path, (1_700_000_000, 1_700_000_000))
    fresh = store.path_of("cd" * 20)
    fresh.parent.mkdir(parents=True, exist_ok=True)
    fresh.write_bytes(b"being written")

    clear_away(now=_now())
    assert store.path_of(kept.key).exists()
    assert fresh.exists()
    assert not orphan.exists()
    Attachment.objects.update(removed_at=Now() - timedelta(days=31))
    clear_away(now=_now())
    assert not Attachment.objects.exists()
    assert not store.path_of(kept.key).exists()


def _now() -> datetime:
    return Entry.objects.latest("number").at
