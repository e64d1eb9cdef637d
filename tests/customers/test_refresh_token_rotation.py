"""Two workers renew one refresh token on real PostgreSQL: the older never overwrites the newer."""

import threading
import time

import pytest
from django.db import connection as database
from django.db import transaction

from csp_portal.microsoft.auth import MemoryTokenStore
from customers.connections import Access
from customers.models import Connection
from tests.customers.consent import consent

# pg_locks tells of all databases: whoever waits in one of another test process is nobody of ours.
WAITERS = """
    SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted AND pid IN (
        SELECT pid FROM pg_locks JOIN pg_database ON database = pg_database.oid WHERE datname = current_database()
    )
"""
pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.filterwarnings("ignore:response_mode="),
]


@pytest.fixture
def consented(connection, sandbox, sandbox_world):
    return consent(connection, sandbox=sandbox, person=sandbox_world.partner.people[0])


@pytest.fixture
def renewed(consented, sandbox_world):
    """A worker that was given a new refresh token and has not kept it yet."""

    def draw(place):
        access = Access(Connection.objects.get(pk=consented.pk), store=MemoryTokenStore())
        access.graph_token(sandbox_world.tenants[place].tenant_id)
        return access

    return draw


def stored_token():
    return Connection.objects.get().open_secret("refresh_token")


def in_thread(work):
    def run():
        try:
            work()
        finally:
            database.close()

    thread = threading.Thread(target=run)
    thread.start()
    return thread


def wait_for_waiters(count):
    """Until so many others wait for a lock of ours."""
    for _ in range(6_000):
        with database.cursor() as cursor:
            cursor.execute(WAITERS)
            if cursor.fetchone()[0] >= count:
                return
        time.sleep(0.01)
    pytest.fail("Nobody waits for the row.")


def test_a_worker_that_waited_for_the_row_leaves_the_newer_token_in_it(consented, renewed):
    late = renewed(0)
    with transaction.atomic():
        row = Connection.objects.select_for_update().get(pk=consented.pk)
        thread = in_thread(late.keep)
        wait_for_waiters(1)
        row.seal_secret("refresh_token", "the newer one")
        row.save(update_fields=["sealed_refresh_token"])
    thread.join()

    assert stored_token() == "the newer one"


def test_of_two_that_keep_at_once_one_wins_and_the_other_changes_nothing(consented, renewed):
    for place in range(5):
        before = stored_token()
        accesses = [renewed(place), renewed(place + 1)]
        drawn = {access._refresh_token for access in accesses}
        with transaction.atomic():
            Connection.objects.select_for_update().get(pk=consented.pk)
            threads = [in_thread(access.keep) for access in accesses]
            wait_for_waiters(2)
        for thread in threads:
            thread.join()
        winner = stored_token()
        assert winner in drawn - {before}

        for access in accesses:
            access.keep()
        assert stored_token() == winner


def test_a_worker_that_saw_the_old_token_die_does_not_condemn_the_new_one(consented, renewed, sandbox_world):
    late = Access(Connection.objects.get(pk=consented.pk), store=MemoryTokenStore())
    renewed(0).keep()
    sandbox_world.token_endpoint_fault = "AADSTS50173"
    with pytest.raises(Exception, match="AADSTS50173"):
        late.graph_token(sandbox_world.tenants[1].tenant_id)

    late.keep()

    assert Connection.objects.get().grant_refused == ""
