"""The doctor: what it finds, how it says it, and with what code it ends."""

import io
import json
from dataclasses import replace
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.db import connection as database
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from customers.models import Heartbeat


@pytest.fixture
def doctor():
    """Returns the exit code and what was printed."""

    def run(*arguments):
        output = io.StringIO()
        code: str | int | None = 0
        try:
            call_command("doctor", *arguments, stdout=output, no_color=True)
        except SystemExit as end:
            code = end.code
        return code, output.getvalue()

    return run


@pytest.fixture
def alive(owner, portal_role):
    Heartbeat.objects.note("worker", now=timezone.now())
    Heartbeat.objects.note("sweep", now=timezone.now())


def test_a_sound_installation_ends_with_nothing_broken(doctor, alive, customers):
    code, printed = doctor()

    assert "✖" not in printed
    assert "Nothing is broken" in printed
    assert code == 0


def test_every_part_is_looked_at(doctor, alive, connection, sandbox):
    printed = doctor()[1]

    for part in ("Settings", "Database", "Migrations", "Redis", "Worker", f"TLS to {sandbox.url}", "Clock of"):
        assert f"✔ {part}" in printed
    assert "✔ Sandbox: Tokens in the partner tenant" in printed


def test_a_dead_worker_is_broken_and_how_to_start_it_is_said(doctor, alive, db):
    Heartbeat.objects.filter(name="worker").update(at=timezone.now() - timedelta(minutes=5))

    code, printed = doctor()

    assert code == 1
    assert "✖ Worker" in printed
    assert "manage.py worker" in printed


def test_redis_that_is_gone_is_broken_and_the_rest_is_still_examined(doctor, alive, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    code, printed = doctor()

    assert code == 1
    assert "✖ Redis" in printed
    assert "✔ Worker" in printed


def test_a_waiting_migration_is_named(doctor, alive):
    MigrationRecorder(database).migration_qs.filter(app="customers").latest("pk").delete()

    code, printed = doctor()

    assert code == 1
    assert "✖ Migrations: 1 migrations wait: customers." in printed


def test_a_portal_without_owner_is_broken(doctor, portal_role):
    assert "✖ People: No owner may sign in." in doctor()[1]


def test_a_refused_connection_is_broken_with_its_name(doctor, alive, connection, sandbox_world):
    sandbox_world.token_endpoint_fault = "AADSTS7000222"

    code, printed = doctor()

    assert code == 1
    assert "✖ Sandbox: Tokens in the partner tenant: The secret of our connection has expired" in printed


def test_a_host_whose_certificate_is_not_trusted_is_broken(doctor, alive, connection, settings):
    settings.MICROSOFT_CLOUDS = {"custom": replace(settings.MICROSOFT_CLOUDS["custom"], ca_bundle=None)}

    code, printed = doctor()

    assert code == 1
    assert "✖ TLS to" in printed
    assert "not trusted" in printed


def test_machines_read_json(doctor, alive, connection):
    code, printed = doctor("--json")

    findings = json.loads(printed)
    assert code == 0
    assert {"name", "ok", "sentence", "how_to_mend"} == set(findings[0])
    assert all(finding["ok"] is not False for finding in findings)


def test_a_container_asks_only_for_its_own_part(db, capsys):
    with pytest.raises(SystemExit):
        call_command("doctor", "--only", "worker")
    Heartbeat.objects.note("worker", now=timezone.now())

    call_command("doctor", "--only", "worker")

    assert "No worker is alive" in capsys.readouterr().out
