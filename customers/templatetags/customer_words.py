"""Words for what the database keeps as codes."""

from collections.abc import Collection
from functools import cache
from typing import Any

from django import template
from django.template.context import RequestContext
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext as _

from csp_portal.accounts.rights import Capability, may
from csp_portal.templatetags.portal import icon
from customers.due import Due, due_of
from customers.models import CloudChoice, Connection, Customer, Feed
from customers.phones import tel_of
from customers.tabs import Tab, tabs_of

register = template.Library()
_CLOUDS: dict[str, str | Promise] = dict(CloudChoice.choices)


@register.filter
def problem_word(code: str) -> str | Promise:
    """Why a customer is unknown or a reading failed, in words; a code that we do not know is shown as it is."""
    return Feed.Problem(code).label if code in Feed.Problem.values else code


@register.filter
def dialed(phone: str) -> str:
    """The link that dials a phone number."""
    return tel_of(phone)


@register.simple_tag
def why_due(feed: Feed, connection: Connection | None) -> Due:
    """When this feed of a connection is read next, and why then."""
    return due_of(feed, connection=connection)


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


@register.simple_tag
def favorite_star(customer: Customer, marked: bool | Collection[int]) -> SafeString:
    """The star that marks a customer; a form of the id "favorites" stands beside it for whom no script runs.

    `marked` says whether it is marked, or holds the keys of those that are: a list writes fifty of these.
    """
    is_marked = marked if isinstance(marked, bool) else customer.pk in marked
    return format_html(
        '<button class="btn-plain star" id="favorite-{}" form="favorites" formaction="{}" hx-post="{}"'
        ' hx-swap="outerHTML" name="is" value="{}" aria-pressed="{}" aria-label="{}" title="{}">{}</button>',
        *(customer.pk, *[f"{_customers_root()}{customer.tenant_id}/favorite/"] * 2),
        *(("no", "true") if is_marked else ("yes", "false")),
        _("Favorite: %(name)s") % {"name": customer.name},
        _("Take the mark as favorite away") if is_marked else _("Mark as favorite"),
        icon("star-filled" if is_marked else "star"),
    )


@cache
def _customers_root() -> str:
    return reverse("customers:customer_list")
