"""What filters offer to a person: counted over all customers once for everybody who may see the same."""

from dataclasses import replace

from csp_portal.accounts.rights import SignedInRequest
from customers.access import sees_many_clouds, visible_connections, visible_customers
from customers.customer_filter import Choices, choices_for
from customers.pictures import shared


def shared_choices(request: SignedInRequest, *, with_tags: bool) -> Choices:
    """The choices of `choices_for`; the connections, which are few, are read each time."""
    found = shared(
        request,
        "choices",
        [with_tags],
        make=lambda: choices_for(visible_customers(request.user), connections=(), with_tags=with_tags),
    )
    return replace(found, connections=list(visible_connections(request.user)))


def shows_clouds(request: SignedInRequest) -> bool:
    return shared(request, "clouds", [], make=lambda: sees_many_clouds(request.user))
