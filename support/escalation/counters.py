"""Customers' counters at Azure Support, with the tokens of one round of work."""

from uuid import UUID

from django.utils.translation import gettext as _

from csp_portal.microsoft.azure_support import Counter
from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError
from customers.connections import Access
from customers.models import Connection, Customer


class Counters:
    """The tokens of one round, drawn through each customer's connection when first needed."""

    def __init__(self) -> None:
        self._drawn: dict[UUID, Access] = {}

    def at(self, customer: Customer | None) -> Counter:
        if customer is None or customer.connection is None:
            raise AccessDenied(_("The customer has no connection."), cause=Cause.NO_CONNECTION)
        access = self._access(customer.connection)
        token = access.arm_token(str(customer.tenant_id))
        return Counter(http=access.http, cloud=access.cloud, token=token.value)

    def forget_refused(self, customer: Customer | None, *, error: MicrosoftError) -> None:
        """Where Microsoft refused the token, the next step draws another one."""
        if customer and customer.connection and isinstance(error, AccessDenied) and error.cause is Cause.TOKEN_REFUSED:
            self._access(customer.connection).forget([str(customer.tenant_id)])

    def keep(self) -> None:
        for access in self._drawn.values():
            access.keep()

    def _access(self, connection: Connection) -> Access:
        if connection.pk not in self._drawn:
            self._drawn[connection.pk] = Access(connection)
        return self._drawn[connection.pk]
