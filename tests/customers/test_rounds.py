"""Imports that overlap, and lists that can't be stored: the row of the connection always tells what holds."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection as database
from django.utils import timezone

from customers.imports import store_list
from customers.models import Connection, Customer
from customers.rounds import run_import
from customers.sources import CustomerList, Listed

NOW = timezone.now()
LATER = NOW + timedelta(minutes=5)
PARTNER_CENTER = Customer.Source.PARTNER_CENTER


def listed(count):
    rows = (Listed(tenant_id=uuid4(), name=f"Customer {n}", domain=f"c{n}.example") for n in range(count))
    return CustomerList(source=PARTNER_CENTER, customers=tuple(rows))


def test_an_older_list_that_arrives_last_marks_nobody_as_gone(connection):
    newer = listed(4)
    older = CustomerList(source=PARTNER_CENTER, customers=newer.customers[:3])
    assert store_list(newer, connection=connection, now=LATER).added == 4
    result = store_list(older, connection=connection, now=NOW)
    assert (result.is_overtaken, result.gone) == (True, 0)
    assert Customer.objects.current().count() == 4


def test_an_import_that_was_overtaken_leaves_the_row_to_the_newer_one(connection, sandbox_world):
    run_import(connection, now=LATER)
    due_at = Connection.objects.get().customers_due_at
    assert run_import(connection, now=NOW).is_overtaken
    sandbox_world.partner.tenant.fail(500)
    assert run_import(connection, now=NOW) is None
    row = Connection.objects.get()
    assert (row.customers_read_at, row.customers_due_at, row.customers_problem) == (LATER, due_at, "")


@pytest.mark.parametrize("name", ["customers_customer", "customers_feed"])
def test_a_list_that_the_database_refuses_is_said_on_the_row_and_tried_again_later(connection, name):
    with database.cursor() as cursor:
        cursor.execute(f"ALTER TABLE {name} ADD CONSTRAINT refuses_all CHECK (false)")
    assert run_import(connection, now=NOW) is None
    row = Connection.objects.get()
    assert (row.customers_problem, row.customers_read_at) == ("UNEXPECTED", None)
    assert "refuses_all" in row.customers_problem_detail
    assert row.customers_due_at == NOW + timedelta(hours=1)
    assert not Customer.objects.exists()
