"""Eight writers at once leave one unbroken chain: numbers are drawn under the lock, none is lost or drawn twice."""

import os
import threading
import time

import pytest
from django.db import connection, transaction

from csp_portal.audit.actions import Action
from csp_portal.audit.chain import breaks_of
from csp_portal.audit.log import record
from csp_portal.audit.models import Entry

SECONDS = float(os.environ.get("AUDIT_WRITERS_SECONDS", "8"))
WRITERS = 8


class _OnPurpose(Exception):
    pass


def _write(until: float, written: list[int], zone: str) -> None:
    count = 0
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET TIME ZONE %s", [zone])  # a session's zone must not get into a hash
        while time.monotonic() < until:
            try:
                with transaction.atomic():
                    record(Action.LINK_CHANGED, by=None, after={"count": count})
                    if count % 7 == 3:
                        raise _OnPurpose
            except _OnPurpose:
                count += 1
                continue
            count += 1
            written.append(1)
    finally:
        connection.close()


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_eight_writers_at_once_leave_an_unbroken_chain():
    written: list[int] = []
    until = time.monotonic() + SECONDS
    zones = ["UTC", "Asia/Taipei", "America/New_York", "Australia/Lord_Howe"] * 2
    threads = [threading.Thread(target=_write, args=(until, written, zone)) for zone in zones[:WRITERS]]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(written) > 100 * SECONDS / 10
    assert Entry.objects.count() == len(written)
    assert list(breaks_of(Entry.objects.order_by("number").iterator())) == []
