"""What machines are told."""

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder


def test_a_living_process_says_so_without_the_database(client, django_assert_num_queries, db):
    with django_assert_num_queries(0):
        answer = client.get("/healthz")

    assert (answer.status_code, answer.json()) == (200, {"alive": True})


def test_the_portal_is_ready_with_database_migrations_and_redis(client, db):
    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json() == {"ready": True, "database": "ok", "migrations": "ok", "redis": "ok"}


def test_a_database_without_the_latest_migration_is_not_ready(client, db):
    MigrationRecorder(connection).migration_qs.filter(app="customers").latest("pk").delete()

    answer = client.get("/readyz")

    assert answer.status_code == 503
    assert answer.json()["migrations"] == "waiting"


def test_without_redis_people_still_read_so_the_portal_stays_ready_and_says_it(client, db, settings):
    settings.REDIS_URL = "redis://127.0.0.1:1/0"

    answer = client.get("/readyz")

    assert answer.status_code == 200
    assert answer.json()["redis"] == "unreachable"
