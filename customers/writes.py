"""The one gate of every write to a customer's tenant: stop switch, pauses, and a ceiling of writes an hour."""

from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

from django.conf import settings
from django.db import connection as database
from django.db import transaction
from django.db.models.functions import Now
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.models import Connection, Customer, Feed, StopSwitch, TenantWrite
from customers.models.stop_switch import THE_SWITCH

HOUR = timedelta(hours=1)
_LOCK = 0x57524954  # "WRIT": one leave at a time for each customer


class WritesStopped(Exception):
    """This write may not be sent until a person acts; the sentence says why."""


class TooManyWrites(WritesStopped):
    """The ceiling is reached: from `retry_at` on there is room again, or a second person approves."""

    def __init__(self, sentence: str, *, retry_at: datetime) -> None:
        super().__init__(sentence)
        self.retry_at = retry_at


def read_switch() -> StopSwitch:
    """The switch as it is now; one that was never pressed is not stored."""
    return StopSwitch.objects.select_related("stopped_by").filter(pk=THE_SWITCH).first() or StopSwitch()


def permit(customer: Customer, *, era: int, has_second_approval: bool = False) -> Callable[[], None]:
    """What `Http.write` asks before the bytes of each write leave; it raises WritesStopped where they must not.

    `era` is the switch's when a person ordered the work. Nothing is remembered from one write to the next. It counts
    in a transaction of its own, which ends before anything is sent, and therefore refuses to run inside another.
    """
    return partial(_ask, customer.pk, era=era, has_second_approval=has_second_approval)


def permit_at_partner(connection: Connection, *, era: int) -> Callable[[], None]:
    """The same for a write that touches no customer of ours, for instance an invitation that anybody may accept.

    The stop switch and the connection's pause are obeyed; a ceiling is a customer's, so there is none.
    """
    return partial(_ask_at_partner, connection.pk, era=era)


def _ask_at_partner(connection_id: UUID, *, era: int) -> None:
    if not database.in_atomic_block:
        database.close_if_unusable_or_obsolete()
    with transaction.atomic(durable=True):
        _refuse(why_stopped(read_switch(), era=era))
        _refuse(why_paused(None, connection=Connection.objects.get(pk=connection_id)))


def _ask(customer_id: int, *, era: int, has_second_approval: bool) -> None:
    if not database.in_atomic_block:
        database.close_if_unusable_or_obsolete()  # this thread may have slept through a restart of the database
    with transaction.atomic(durable=True):
        with database.cursor() as cursor:
            cursor.execute("SELECT pg_advisory_xact_lock(%s, %s)", [_LOCK, customer_id % 2**31])
        _refuse(why_stopped(read_switch(), era=era))
        customer = Customer.objects.select_related("connection").get(pk=customer_id)
        _refuse(why_paused(customer, connection=customer.connection))
        written = TenantWrite.objects.since(customer_id, past=HOUR)
        if not has_second_approval and len(written) >= settings.TENANT_WRITES_PER_HOUR:
            sentence = _(
                "%(count)d changes were made in this tenant within an hour, which is the limit. Wait, or let a second "
                "person approve."
            )
            retry_at = written[-settings.TENANT_WRITES_PER_HOUR] + HOUR
            raise TooManyWrites(sentence % {"count": len(written)}, retry_at=retry_at)
        TenantWrite.objects.filter(customer_id=customer_id, at__lte=Now() - HOUR).delete()
        TenantWrite.objects.create(customer_id=customer_id)


def why_stopped(switch: StopSwitch, *, era: int | None = None) -> str | None:
    """Why nothing may be written anywhere, or not what was ordered in another `era` of the switch."""
    if switch.is_pressed:
        sentence = _("All writes to customers' tenants are stopped: %(reason)s An owner can release the switch.")
        return sentence % {"reason": switch.reason}
    if era is not None and switch.era != era:
        return _(
            "The stop switch was pressed after this work was ordered. Somebody has to look at it and order it anew."
        )
    return None


def why_paused(customer: Customer | None, *, connection: Connection | None) -> str | None:
    """Why nothing may be written about this customer, or through this connection."""
    if customer is not None and customer.paused_at is not None:
        sentence = _("%(name)s is paused, so nothing is written there. Resume the customer first.")
        return sentence % {"name": customer.name}
    if customer is not None and (connection is None or customer.is_gone):
        return _("%(name)s has no connection, or is no longer our customer.") % {"name": customer.name}
    if connection is None or connection.is_paused:
        sentence = _("The connection %(name)s is paused, so nothing is written through it. Resume it first.")
        return sentence % {"name": connection.name if connection else ""}
    return None


def _refuse(sentence: str | None) -> None:
    if sentence is not None:
        raise WritesStopped(sentence)


@transaction.atomic
def press_stop(*, by: User, reason: str, now: datetime) -> None:
    """Stop every write from now on; pressing it again while it is pressed changes nothing."""
    StopSwitch.objects.get_or_create(pk=THE_SWITCH)
    switch = StopSwitch.objects.select_for_update().get(pk=THE_SWITCH)
    if switch.is_pressed:
        return
    switch.era += 1
    switch.stopped_at, switch.stopped_by, switch.reason = now, by, reason
    switch.save(update_fields=["era", "stopped_at", "stopped_by", "reason"])
    record(Action.WRITES_STOPPED, by=by, about=switch, after={"reason": reason})


@transaction.atomic
def release_stop(*, by: User) -> None:
    """Let new orders be carried out; what was ordered before stays stopped until a person orders it anew."""
    switch = StopSwitch.objects.select_for_update().filter(pk=THE_SWITCH, stopped_at__isnull=False).first()
    if switch is None:
        return
    before = {"reason": switch.reason, "stopped_at": switch.stopped_at}
    switch.stopped_at, switch.stopped_by, switch.reason = None, None, ""
    switch.save(update_fields=["stopped_at", "stopped_by", "reason"])
    record(Action.WRITES_RELEASED, by=by, about=switch, before=before)


@transaction.atomic
def pause_customer(customer: Customer, *, by: User, reason: str, now: datetime) -> None:
    """Neither read nor write this tenant until somebody resumes it."""
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.paused_at is None:
        row.paused_at, row.paused_by, row.paused_reason = now, by, reason
        row.save(update_fields=["paused_at", "paused_by", "paused_reason"])
        record(Action.CUSTOMER_PAUSED, by=by, about=row, customer=row.tenant_id, after={"reason": reason})


@transaction.atomic
def resume_customer(customer: Customer, *, by: User) -> None:
    """Let it be read again, at once."""
    row = Customer.objects.select_for_update().get(pk=customer.pk)
    if row.paused_at is not None:
        before = {"reason": row.paused_reason, "paused_at": row.paused_at}
        row.paused_at, row.paused_by, row.paused_reason = None, None, ""
        row.save(update_fields=["paused_at", "paused_by", "paused_reason"])
        row.feeds.filter(due_at__gt=Now()).move_due(Now(), because=Feed.Because.ASKED)
        record(Action.CUSTOMER_RESUMED, by=by, about=row, customer=row.tenant_id, before=before)
