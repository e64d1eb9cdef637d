"""The consent of each customer to our application: learned from readings, and asked for by people."""

from datetime import datetime

from django.db import connection, transaction

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Consent, Customer

# What a reading says of the consent: that it succeeded, or why it was refused. Of Microsoft's silence nothing follows,
# so the state stays as it was. Only what differs is written.
_LEARN = """
    WITH told AS (
        SELECT feed.customer_id,
               CASE WHEN feed.problem IN ('CONSENT_MISSING', 'APP_MISSING') THEN 'MISSING'
                    WHEN feed.problem = 'FORBIDDEN' THEN 'LACKING'
                    WHEN feed.problem = '' AND feed.read_at IS NOT NULL THEN 'GIVEN' END AS state
        FROM customers_feed feed WHERE feed.kind = 'HEALTH'
    )
    INSERT INTO customers_consent (customer_id, state, since)
    SELECT told.customer_id, told.state, %s FROM told
    LEFT JOIN customers_consent known ON known.customer_id = told.customer_id
    WHERE told.state IS NOT NULL AND told.state IS DISTINCT FROM known.state
    ORDER BY told.customer_id
    ON CONFLICT (customer_id) DO UPDATE SET state = EXCLUDED.state, since = EXCLUDED.since
"""


def learn_consents(*, now: datetime) -> int:
    """Write what the newest readings say of consents; returns how many changed. One statement."""
    with connection.cursor() as cursor:
        cursor.execute(_LEARN, [now])
        changed: int = cursor.rowcount
    return changed


@transaction.atomic
def note_asked(customer: Customer, *, by: User, now: datetime) -> None:
    """Record that somebody sent the customer the link."""
    told = {"asked_at": now, "asked_by": by}
    consent, _is_new = Consent.objects.update_or_create(customer=customer, defaults=told)
    record(Action.CONSENT_ASKED, by=by, about=consent, customer=customer.tenant_id)


def consent_of(customer: Customer) -> Consent | None:
    """Of a customer that the caller may see; None before the first reading."""
    return Consent.objects.select_related("asked_by").filter(customer=customer).first()
