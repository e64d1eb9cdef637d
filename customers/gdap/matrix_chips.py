"""What narrows the capability matrix, as chips to take away."""

from dataclasses import replace

from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from customers.access import visible_connections, visible_customers
from customers.customer_filter import chips_of, choices_for
from customers.gdap.capabilities import JOB_OF_KEY
from customers.gdap.matrix import AbilityFilter
from customers.gdap.reckon import Cause
from customers.group_filter import Chip, address_without


def chips_of_matrix(user: User, chosen: AbilityFilter) -> list[Chip]:
    customers = chosen.customers
    own = replace(chosen, customers=replace(customers, words="")).to_query()
    also: dict[str, str] = {name: str(own[name]) for name in ("job", "cause", "show", "mine") if name in own}
    connections = list(visible_connections(user)) if customers.connection else []
    owners = (
        choices_for(visible_customers(user), connections=(), with_tags=False).owners
        if customers.owner is not None
        else []
    )
    found = list(chips_of(customers, connections=connections, owners=owners, also=also))
    asked = chosen.to_query()
    if chosen.job:
        title = JOB_OF_KEY[chosen.job].title
        found.append(Chip(label=_("Capability"), value=title, address=address_without(asked, taken={"job": None})))
    if chosen.cause:
        word = Cause(chosen.cause).label
        found.append(Chip(label=_("Cause"), value=word, address=address_without(asked, taken={"cause": None})))
    if chosen.mine:
        found.append(Chip(label=_("Who"), value=_("I myself"), address=address_without(asked, taken={"mine": None})))
    return found
