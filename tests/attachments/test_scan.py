"""Every file is scanned by ClamAV's daemon as a row that becomes due, whatever happens to worker or scanner."""

import shutil
import socket
import subprocess
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from django.db.models.functions import Now
from django.test import Client
from django.utils import timezone

from csp_portal.attachments.clamd import ScanError, scan
from csp_portal.attachments.models import Attachment
from csp_portal.attachments.sweep import FAILURES_UNTIL_UNSCANNED, claim_due, scan_claimed
from csp_portal.attachments.tasks import scan as scan_task
from csp_portal.audit.models import Entry
from tests.attachments.conftest import PDF, archive

# The harmless text that every scanner calls a virus (eicar.org), in two halves: no scanner shall find it in this file.
EICAR = b"X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR" + b"-STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"
START_SECONDS = 180


@pytest.fixture(scope="module")
def daemon(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real clamd with one signature of our own, for the real ones can't be fetched everywhere."""
    clamd = shutil.which("clamd") or "/usr/sbin/clamd"
    if not Path(clamd).exists():
        pytest.skip("No clamd here; install Debian's package clamav-daemon to run this test.")
    folder = tmp_path_factory.mktemp("clamd")
    (folder / "db").mkdir()
    (folder / "db" / "own.ndb").write_text(f"Own.Eicar:0:*:{EICAR.hex()}\n")
    address = folder / "clamd.ctl"
    config = folder / "clamd.conf"
    config.write_text(
        f"Foreground yes\nLocalSocket {address}\nDatabaseDirectory {folder}/db\nUser root\nStreamMaxLength 30M\n"
        f"PidFile {folder}/pid\nLogFile {folder}/log\n"
    )
    server = subprocess.Popen(
        [clamd, "--config-file", str(config)], stdout=subprocess.DEVNULL, stderr=subprocess.STDOUT
    )
    deadline = time.monotonic() + START_SECONDS
    while not address.exists():
        assert server.poll() is None and time.monotonic() < deadline, (folder / "log").read_text()
        time.sleep(0.1)
    yield f"unix://{address}"
    server.terminate()
    server.wait(timeout=START_SECONDS)


@pytest.fixture
def scanner(daemon: str, settings: Any) -> str:
    settings.CLAMD_ADDRESS, settings.PORTAL_SERVE_UNSCANNED = daemon, False
    return daemon


@contextmanager
def _answering(answer: bytes | None) -> Iterator[str]:
    """A scanner that takes the whole file and then gives just this answer, or hangs up at once."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            caller, _ = listener.accept()
            with caller:
                said = caller.recv(10)
                while answer is not None and not said.endswith(bytes(4)):
                    said += caller.recv(1_000)
                caller.sendall(answer or b"")

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"tcp://127.0.0.1:{listener.getsockname()[1]}"
        thread.join(timeout=60)


def test_a_clean_file_is_handed_out_after_its_scan_and_not_before(
    as_agent: Client, send: Any, scanner: str, contoso: Any
) -> None:
    send(as_agent, "contract.pdf", PDF)
    attachment = Attachment.objects.get()
    address = f"/customers/{contoso.tenant_id}/files/{attachment.key}/"

    assert as_agent.get(address).status_code == 302
    scan_task()
    assert as_agent.get(address).status_code == 200
    attachment.refresh_from_db()
    assert (attachment.state, attachment.due_at) == ("CLEAN", None)


@pytest.mark.parametrize("name", ["note.txt", "inside.zip"])
def test_an_infected_file_is_never_handed_out_and_everybody_sees_why(
    as_agent: Client, send: Any, scanner: str, contoso: Any, name: str
) -> None:
    send(as_agent, name, EICAR if name == "note.txt" else archive("a.txt", content=EICAR))
    scan_task()

    attachment = Attachment.objects.get()
    assert (attachment.state, attachment.due_at) == ("INFECTED", None)
    assert "Own.Eicar" in attachment.virus
    page = as_agent.get(f"/customers/{contoso.tenant_id}/files/").content.decode()
    assert "Virus found" in page and "Own.Eicar" in page and "download>" not in page
    entry = Entry.objects.get(action="file.infected")
    assert (entry.person, entry.customer) == ("", UUID(contoso.tenant_id))


def test_a_scanner_that_is_down_is_asked_again_until_the_file_counts_as_not_scanned(
    as_agent: Client, send: Any, settings: Any, contoso: Any
) -> None:
    settings.CLAMD_ADDRESS, settings.PORTAL_SERVE_UNSCANNED = "tcp://127.0.0.1:1", False
    send(as_agent, "contract.pdf", PDF)
    for _ in range(FAILURES_UNTIL_UNSCANNED):
        assert Attachment.objects.get().state == "PENDING"
        Attachment.objects.update(due_at=Now())
        scan_task()

    attachment = Attachment.objects.get()
    assert attachment.state == "UNSCANNED"
    assert attachment.due_at is not None and attachment.due_at > timezone.now()
    page = as_agent.get(f"/customers/{contoso.tenant_id}/files/").content.decode()
    assert "asked again every hour" in page


def test_a_file_that_counted_as_not_scanned_is_scanned_when_the_scanner_is_back(
    as_agent: Client, send: Any, scanner: str
) -> None:
    send(as_agent, "contract.pdf", PDF)
    Attachment.objects.update(state="UNSCANNED", failures=FAILURES_UNTIL_UNSCANNED, due_at=Now())
    scan_task()

    attachment = Attachment.objects.get()
    assert (attachment.state, attachment.failures) == ("CLEAN", 0)


def test_without_a_scanner_files_count_as_not_scanned(as_agent: Client, send: Any) -> None:
    send(as_agent, "contract.pdf", PDF)
    scan_task()

    assert Attachment.objects.get().state == "UNSCANNED"


def test_a_worker_that_dies_in_the_middle_leaves_the_file_due_again(as_agent: Client, send: Any, scanner: str) -> None:
    send(as_agent, "contract.pdf", PDF)
    (dead,) = claim_due(most=5)
    assert claim_due(most=5) == []  # nobody else takes it while the first may still be at work
    Attachment.objects.update(due_at=Now())
    (second,) = claim_due(most=5)
    scan_claimed(second, now=timezone.now())
    Attachment.objects.update(state="INFECTED", virus="seen since")
    scan_claimed(dead, now=timezone.now())

    assert Attachment.objects.get().virus == "seen since"  # who comes late overwrites nothing


NO_VERDICTS = [
    *(None, b"", b"INSTREAM size limit exceeded. ERROR\0", b"stream: OK but\0", b"stream: FOUND\0", b"OK\0"),
    *(b"x" * 5_000, b"stream: \xff\xfe\0"),
]


@pytest.mark.parametrize("answer", NO_VERDICTS)
def test_an_answer_that_is_no_verdict_is_no_verdict(answer: bytes | None, tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.write_bytes(b"words")
    with _answering(answer) as address, file.open("rb") as content, pytest.raises(ScanError):
        scan(content, address=address)
