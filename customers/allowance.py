"""The leave to ask Microsoft through one connection, booked for a batch at once and taken request by request."""

import time
from collections.abc import Callable, Sequence

from csp_portal.limits.asking import LEAVE_SECONDS, UNLIMITED, Asker, AskingLog, shared_asking_log
from csp_portal.microsoft.clouds import Cloud
from csp_portal.microsoft.errors import OverLimit
from customers.models import Connection


class Allowance:
    """Threads share it. One look into Redis serves a batch whose tenants are asked once each, as nearly all are."""

    def __init__(
        self,
        connection: Connection,
        *,
        cloud: Cloud,
        log: AskingLog | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._asker = Asker(
            app=f"{cloud.graph_url}|{connection.client_id}",
            connection=str(connection.pk),
            per_minute=connection.requests_per_minute or UNLIMITED,
        )
        self._log = log or shared_asking_log()
        self._clock = clock
        self._booked: dict[str, tuple[float, float]] = {}  # tenant → when it was booked, and how long it has to wait

    def book(self, tenant_ids: Sequence[str]) -> None:
        """Take one leave for each of these tenants, of whom none stands here twice."""
        now, waits = self._clock(), self._log.take(tenant_ids, asker=self._asker)
        self._booked.update(zip(tenant_ids, ((now, wait) for wait in waits), strict=True))

    def take(self, tenant_id: str) -> None:
        """Pass where this tenant may be asked once now; else OverLimit. A booked leave that grew old is not used."""
        booked_at, wait = self._booked.pop(tenant_id, (float("-inf"), 0.0))
        if wait or booked_at < self._clock() - LEAVE_SECONDS:
            wait = wait or self._log.take([tenant_id], asker=self._asker)[0]
        if wait:
            raise OverLimit(retry_after=wait)

    def take_of_connection(self) -> None:
        """Pass where the connection's own limit leaves room, for what is asked at the partner's own tenant."""
        if self._asker.per_minute:
            self.take("")

    def note(self) -> None:
        """Count a request of the connection that is sent in any case."""
        if self._asker.per_minute:
            self._log.take([""], asker=self._asker, is_certain=True)
