"""Writes down each call of an order's item before it may leave, so that no call is ever made in secret."""

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import transaction
from django.db.models import F

from csp_portal.microsoft.errors import MicrosoftError
from csp_portal.microsoft.http import Answer, Http, WriteMethod
from csp_portal.microsoft.wire import DEADLINE_SECONDS
from customers.models import Order, OrderCall, OrderItem
from customers.writes import WritesStopped


class Superseded(Exception):
    """Another worker has this item by now, or its order was stopped: nothing was sent."""


class NotingHttp(Http):
    """The connections of another Http for the writes of one item, whose epoch must still be the one drawn."""

    def __init__(self, http: Http, *, item: OrderItem, now: datetime) -> None:
        super().__init__(clock=http.clock)
        self.wire = http.wire
        self._item, self._now = item, now

    def write(
        self,
        method: WriteMethod,
        url: str,
        *,
        cloud: Any,
        token: str,
        may_write: Callable[[], None],
        json: Any = None,
        headers: Mapping[str, str] | None = None,
        deadline: float = DEADLINE_SECONDS,
    ) -> Answer:
        noted: list[OrderCall] = []

        def leave() -> None:
            noted.append(self._begin(method, path=urlsplit(url).path, body=json))
            try:
                may_write()
            except WritesStopped:
                self._take_back(noted.pop())
                raise

        try:
            answer = super().write(
                method,
                url,
                cloud=cloud,
                token=token,
                may_write=leave,
                json=json,
                headers=headers,
                deadline=deadline,
            )
        except MicrosoftError as error:
            for call in noted:
                _end(call, status=error.status, answer=error.detail, correlation_id=error.correlation_id)
            raise
        for call in noted:
            _end(call, status=answer.status, answer="", correlation_id=answer.correlation_id)
        return answer

    @transaction.atomic(durable=True)
    def _begin(self, method: str, *, path: str, body: Any) -> OrderCall:
        """From this commit on Microsoft may have got it; whoever finds the item so looks before sending again."""
        mine = OrderItem.objects.filter(pk=self._item.pk, epoch=self._item.epoch, order__state=Order.State.RUNNING)
        if not mine.update(state=OrderItem.State.SENDING, tries=F("tries") + 1):
            raise Superseded(str(self._item))
        self._item.state, self._item.tries = OrderItem.State.SENDING, self._item.tries + 1
        return OrderCall.objects.create(item=self._item, at=self._now, method=method, path=path[:300], body=body)

    @transaction.atomic
    def _take_back(self, call: OrderCall) -> None:
        """No leave was given, so nothing left."""
        call.delete()
        self._item.state, self._item.tries = OrderItem.State.WAITING, self._item.tries - 1
        mine = OrderItem.objects.filter(pk=self._item.pk, epoch=self._item.epoch)
        mine.update(state=self._item.state, tries=self._item.tries)


def _end(call: OrderCall, *, status: int | None, answer: str, correlation_id: str) -> None:
    call.status, call.answer, call.correlation_id = status, answer[:500], correlation_id[:100]
    call.save(update_fields=["status", "answer", "correlation_id"])
