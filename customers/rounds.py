"""The import of a connection's customers as a row that becomes due: claimed, done, and noted on the row."""

import logging
from datetime import datetime, timedelta
from uuid import UUID

from django.db import DataError, IntegrityError, transaction
from django.db.models.functions import Now

from csp_portal.microsoft.errors import MicrosoftError, Throttled, Unavailable
from customers.gdap.store import link_customers
from customers.imports import ImportResult, import_customers
from customers.models import Connection, Feed

logger = logging.getLogger(__name__)

INTERVAL = timedelta(hours=6)
AFTER_UNAVAILABLE = timedelta(minutes=5)
AFTER_REFUSAL = timedelta(hours=1)
LEASE = timedelta(minutes=10)
MOST = 20


@transaction.atomic
def claim_imports() -> list[UUID]:
    """Take the connections whose import is due by moving them on by the lease; a dead worker's comes round again."""
    due = Connection.objects.select_for_update(skip_locked=True).filter(is_paused=False, customers_due_at__lte=Now())
    ids = list(due.order_by("customers_due_at").values_list("pk", flat=True)[:MOST])
    Connection.objects.filter(pk__in=ids).update(customers_due_at=Now() + LEASE)
    return ids


def run_import(connection: Connection, *, now: datetime) -> ImportResult | None:
    """Import now and say on the connection how it went and when it is due again; None where it failed.

    An import that began later and was stored first has the last word, on the customers and on the row.
    """
    try:
        result = import_customers(connection, now=now)
    except MicrosoftError as error:
        logger.warning("Customers of the connection %s were not imported: %s", connection, error.detail)
        problem = Feed.Problem.of(error).value
        connection.note_import(now=now, next_at=now + _pause_after(error), problem=problem, detail=error.detail)
        return None
    except (DataError, IntegrityError) as error:
        logger.exception("The list of customers of the connection %s can't be stored", connection)
        problem, detail = Feed.Problem.UNEXPECTED.value, f"The list can't be stored: {error}"[:2000]
        connection.note_import(now=now, next_at=now + AFTER_REFUSAL, problem=problem, detail=detail)
        return None
    if result.is_overtaken:
        logger.info("A newer list of customers of the connection %s is stored already", connection)
        return result
    problem = "" if result.listed else Feed.Problem.EMPTY.value
    connection.note_import(now=now, next_at=now + INTERVAL, problem=problem, detail=" · ".join(result.passed_over))
    link_customers(connection)  # what was read of delegated access before we knew whose it is
    return result


def _pause_after(error: MicrosoftError) -> timedelta:
    if isinstance(error, Throttled):
        return timedelta(seconds=error.retry_after)
    return AFTER_UNAVAILABLE if isinstance(error, Unavailable) else AFTER_REFUSAL
