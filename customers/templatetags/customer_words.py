"""Words for what the database keeps as codes."""

from typing import Any

from django import template
from django.template.context import RequestContext
from django.utils.functional import Promise

from csp_portal.accounts.rights import Capability, may
from customers.models import CloudChoice, Customer, Feed
from customers.tabs import Tab, tabs_of

register = template.Library()
_CLOUDS: dict[str, str | Promise] = dict(CloudChoice.choices)


@register.filter
def problem_word(code: str) -> str | Promise:
    """Why a customer is unknown or a reading failed, in words; a code that we do not know is shown as it is."""
    return Feed.Problem(code).label if code in Feed.Problem.values else code


@register.filter
def cloud_word(cloud: str) -> str | Promise:
    """The cloud's name for readers; one that we do not know is shown as it is."""
    return _CLOUDS.get(cloud, cloud)


@register.simple_tag(takes_context=True)
def customer_tabs(context: RequestContext, customer: Customer) -> list[Tab]:
    """The tabs of a customer's page, the one of the view that is shown being the current one."""
    match = context["request"].resolver_match
    return tabs_of(customer, current=match.view_name if match else "")


@register.simple_tag(takes_context=True)
def reader_may(context: RequestContext, capability: str) -> bool:
    """Whether the person who reads the page may do this; the view behind a button checks it again."""
    user: Any = context["request"].user
    return may(user, Capability(capability))
