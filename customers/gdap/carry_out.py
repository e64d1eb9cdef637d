"""Carries orders out: takes the items that are due, makes each one's call, and follows it to its end."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import translation
from django.utils.translation import gettext as _

from csp_portal.accounts.rights import Capability, may
from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError, Throttled
from customers.connections import Access
from customers.gdap.calls import Superseded
from customers.gdap.looking import Eyes
from customers.gdap.orders import OPEN_STATES, OrderRefused, end_if_over, stop_order
from customers.gdap.steps import go_on, put_off, set_aside
from customers.models import Connection, Order, OrderItem
from customers.writes import WritesStopped, read_switch, why_stopped

State = OrderItem.State
BATCH = 10
LEASE = timedelta(minutes=5)  # longer than a call's deadline and the looks around it


@transaction.atomic
def claim_items(*, limit: int, lease: timedelta = LEASE) -> list[tuple[int, int]]:
    """Take up to `limit` due items by moving `due_at` on; returns (id, epoch) of each, connection by connection.

    Of an order that was stopped only what Microsoft may have got already goes on. Whoever finishes an item must show
    the epoch drawn here, so a worker that slept past its lease writes and sends nothing.
    """
    due = OrderItem.objects.filter(due_at__lte=Now(), state__in=OPEN_STATES)
    due = due.filter(Q(order__state=Order.State.RUNNING) | Q(state__in=(State.SENDING, State.FOLLOWING)))
    taken = list(due.select_for_update(skip_locked=True, of=("self",)).order_by("due_at", "pk")[:limit])
    ours = OrderItem.objects.filter(pk__in=[item.pk for item in taken])
    ours.update(due_at=Now() + lease, epoch=F("epoch") + 1)
    return [(item.pk, item.epoch + 1) for item in sorted(taken, key=lambda one: (str(one.connection_id), one.pk))]


def carry_out(claims: Sequence[tuple[int, int]], *, now: datetime) -> None:
    """Do what the claimed items ask for, one after the other; no transaction is open while Microsoft is asked."""
    tokens = _Tokens()
    try:
        for pk, epoch in claims:
            item = _item(pk, epoch=epoch)
            if item is not None:
                with translation.override(item.order.ordered_by.language or "en"):
                    _carry_out_one(item, tokens=tokens, now=now)
    finally:
        tokens.keep()
    end_if_over(Order.objects.all(), now=now)


def _item(pk: int, *, epoch: int) -> OrderItem | None:
    found = OrderItem.objects.filter(pk=pk, epoch=epoch, state__in=OPEN_STATES)
    parts = (
        "order__ordered_by",
        "order__started_by",
        "connection",
        "customer__connection",
        "relationship__customer",
        "assignment",
    )
    return found.select_related(*parts).first()


def _carry_out_one(item: OrderItem, *, tokens: "_Tokens", now: datetime) -> None:
    stopped = why_stopped(read_switch(), era=item.order.era) or _why_not_in_their_name(item.order)
    throttled = tokens.throttled.get(item.connection_id)
    if stopped and item.state == State.WAITING:
        _stop(item, now=now, because=stopped)
    elif throttled is not None:
        put_off(item, seconds=throttled.retry_after, problem=throttled.detail)
    else:
        _try(item, tokens=tokens, now=now)


def _why_not_in_their_name(order: Order) -> str:
    """Who was disabled or lost the right changes nothing any more, not even by what was started before."""
    person = order.started_by or order.ordered_by
    if may(person, Capability.MANAGE_ACCESS):
        return ""
    words = _("%(name)s, who let it run, may no longer change delegated access. Somebody else has to let it go on.")
    return words % {"name": person.name}


def _try(item: OrderItem, *, tokens: "_Tokens", now: datetime) -> None:
    try:
        go_on(item, eyes=tokens.eyes(item.connection, now=now))
    except Superseded:
        return
    except WritesStopped as refused:
        stopped = why_stopped(read_switch(), era=item.order.era)
        if stopped:
            _stop(item, now=now, because=stopped)
        else:
            set_aside(item, now=now, problem=str(refused))
    except Throttled as error:
        put_off(item, seconds=error.retry_after, problem=error.detail)
        tokens.throttled[item.connection_id] = error
        _hold_back(item.connection, seconds=error.retry_after)
    except MicrosoftError as error:  # of a look or a token: nothing was sent by this try
        tokens.forget_refused(item.connection, error=error)
        put_off(item, seconds=60, problem=error.detail, counts=True, now=now)


def _stop(item: OrderItem, *, now: datetime, because: str) -> None:
    """Ends the whole order until a person resumes it."""
    OrderItem.objects.filter(pk=item.pk, epoch=item.epoch).update(state=State.STOPPED, problem=because[:500])
    with suppress(OrderRefused):
        stop_order(item.order, by=None, now=now, because=because)


def _hold_back(connection: Connection, *, seconds: float) -> None:
    """What no batch has taken yet stays where it is before Microsoft's pause is over."""
    until = Now() + timedelta(seconds=seconds)
    with transaction.atomic():
        waiting = OrderItem.objects.filter(connection=connection, state=State.WAITING, due_at__lt=until)
        held = waiting.select_for_update(skip_locked=True).order_by("pk")
        OrderItem.objects.filter(pk__in=[item.pk for item in held]).update(due_at=until)


class _Tokens:
    """The partner's tokens of one batch, drawn when first needed, and which partners Microsoft asked to wait."""

    def __init__(self) -> None:
        self._drawn: dict[UUID, Access] = {}
        self.throttled: dict[UUID, Throttled] = {}

    def eyes(self, connection: Connection, *, now: datetime) -> Eyes:
        access = self._drawn.get(connection.pk)
        if access is None:
            access = self._drawn[connection.pk] = Access(connection)
        token = access.partner_token(access.cloud.graph_scope)
        return Eyes(access=access, token=token.value, now=now)

    def forget_refused(self, connection: Connection, *, error: MicrosoftError) -> None:
        """Where Microsoft refused the token, the next try draws another one."""
        is_refused = isinstance(error, AccessDenied) and error.cause is Cause.TOKEN_REFUSED
        access = self._drawn.pop(connection.pk, None) if is_refused else None
        if access is not None:
            access.forget([access.credential.partner_tenant_id])

    def keep(self) -> None:
        for access in self._drawn.values():
            access.keep()
