"""The command that takes in people from the console."""

import io

import pytest
from django.core.management import CommandError, call_command

from csp_portal.accounts.models import Role, User


def add(**options):
    output = io.StringIO()
    call_command(
        "add_person",
        **{"name": "Olivia", "email": "Olivia@Partner.example", "role": "access-admin", **options},
        stdout=output,
    )
    return output.getvalue()


def test_the_password_is_made_and_printed_once(db):
    printed = add()

    person = User.objects.get(email="olivia@partner.example")
    assert person.role == Role.ACCESS_ADMIN
    assert person.check_password(printed.split()[-1])


def test_a_password_from_a_file_is_not_printed(db, tmp_path):
    file = tmp_path / "password"
    file.write_text("correct horse battery\n")

    printed = add(password_file=file)

    assert User.objects.get().check_password("correct horse battery")
    assert "correct horse" not in printed


def test_a_short_password_is_refused(db, tmp_path):
    file = tmp_path / "password"
    file.write_text("short")

    with pytest.raises(CommandError, match="too short"):
        add(password_file=file)
    assert not User.objects.exists()


def test_an_address_that_is_taken_is_refused_with_a_sentence(db):
    add()

    with pytest.raises(CommandError, match="already exists"):
        add()


def test_what_is_no_address_is_refused(db):
    with pytest.raises(CommandError, match="valid email"):
        add(email="olivia")


def test_a_file_that_is_missing_is_named(db, tmp_path):
    with pytest.raises(CommandError, match="nowhere"):
        add(password_file=tmp_path / "nowhere")


def test_it_makes_no_owner(db):
    with pytest.raises(CommandError, match="invalid choice"):
        call_command("add_person", "--email=o@partner.example", "--name=O", "--role=owner")
