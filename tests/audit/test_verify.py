"""What verify_audit finds: entries changed, added, removed or cut off by somebody with every right."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone

from csp_portal.audit.actions import Action
from csp_portal.audit.chain import START, document_of, hash_of
from csp_portal.audit.copies import CopyError, copy_to
from csp_portal.audit.log import record
from csp_portal.audit.models import Copy, Entry

pytestmark = pytest.mark.django_db


@pytest.fixture
def entries(owner):
    return [record(Action.LINK_CHANGED, by=owner, after={"round": number}) for number in range(10)]


@pytest.fixture
def copy(tmp_path, entries):
    path = tmp_path / "copy" / "audit.jsonl"
    copy_to(path, now=timezone.now())
    return path


def _verify(copy=None):
    output, errors = io.StringIO(), io.StringIO()
    call_command("verify_audit", copy=copy, stdout=output, stderr=errors)
    return output.getvalue()


def _forge(*statements):
    """What a superuser can do who knows of the triggers."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE audit_entry DISABLE TRIGGER USER")
        for statement in statements:
            cursor.execute(statement)
        cursor.execute("ALTER TABLE audit_entry ENABLE ALWAYS TRIGGER audit_refuse_rows")


def test_an_audit_that_nobody_touched_is_unbroken(entries, copy):
    assert "10 entries, unbroken" in _verify(copy)


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE audit_entry SET person = 'somebody else' WHERE number = 4",
        "UPDATE audit_entry SET at = at + interval '1 microsecond' WHERE number = 4",
        """UPDATE audit_entry SET after = '{"round": 30}' WHERE number = 4""",
        "UPDATE audit_entry SET address = '10.0.0.1' WHERE number = 4",
        "UPDATE audit_entry SET customer = gen_random_uuid() WHERE number = 4",
        "UPDATE audit_entry SET hash = repeat('f', 64) WHERE number = 4",
        "DELETE FROM audit_entry WHERE number = 4",
        "DELETE FROM audit_entry WHERE number = 1",
        "UPDATE audit_entry SET number = 11 WHERE number = 4",
    ],
)
def test_what_a_superuser_changed_is_found_without_any_copy(entries, statement):
    _forge(statement)

    with pytest.raises(CommandError, match="was altered"):
        _verify()


def test_a_past_that_was_rewritten_with_matching_hashes_differs_from_the_copy(entries, copy):
    previous = START
    for entry in Entry.objects.order_by("number"):
        entry.person, entry.previous_hash = "somebody else", previous
        previous = hash_of(document_of(entry))
        _forge(
            f"UPDATE audit_entry SET person = 'somebody else', previous_hash = '{entry.previous_hash}', "
            f"hash = '{previous}' WHERE number = {entry.number}"
        )

    assert "unbroken" in _verify()
    with pytest.raises(CommandError, match="10 differences"):
        _verify(copy)


def test_an_end_that_was_cut_off_shows_against_the_copy(entries, copy):
    _forge("DELETE FROM audit_entry WHERE number > 7")

    with pytest.raises(CommandError, match="was altered"):
        _verify(copy)


def test_a_line_of_the_copy_that_was_changed_is_found(entries, copy):
    lines = copy.read_text().splitlines()
    lines[3] = json.dumps({**json.loads(lines[3]), "person": "somebody else"})
    copy.write_text("\n".join(lines) + "\n")

    with pytest.raises(CommandError, match="was altered"):
        _verify(copy)


def test_the_copy_goes_on_where_it_ended_and_mends_a_line_that_was_half_written(entries, copy, owner):
    copy.write_bytes(copy.read_bytes()[:-40])
    record(Action.LINK_CHANGED, by=owner)

    assert copy_to(copy, now=timezone.now()) == 2
    assert [json.loads(line)["number"] for line in copy.read_text().splitlines()] == list(range(1, 12))
    assert oct(copy.stat().st_mode & 0o777) == "0o600"
    assert "11 entries" in _verify(copy)


def test_a_copy_that_does_not_fit_is_not_continued_and_says_so(entries, copy, owner):
    _forge("DELETE FROM audit_entry WHERE number > 5")
    for _ in range(6):
        record(Action.LINK_CHANGED, by=owner)

    with pytest.raises(CopyError, match="does not follow"):
        copy_to(copy, now=timezone.now())
    assert "does not follow" in Copy.objects.get().problem


def test_a_place_that_cannot_be_written_is_noted(tmp_path, entries):
    (tmp_path / "file").write_text("")

    with pytest.raises(CopyError):
        copy_to(tmp_path / "file" / "audit.jsonl", now=timezone.now())
    assert Copy.objects.get().problem
