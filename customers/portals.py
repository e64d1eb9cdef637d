"""Which admin portals of a customer there are to open: Microsoft's own list first, our catalog second."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from urllib.parse import quote, urlsplit

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from customers.models import Customer, Feed, PortalLink, ServiceLink

_PLACEHOLDER = re.compile(r"\{(\w+)\}")
_MISSING: dict[str, str | Promise] = {
    "initial": _("The customer's initial domain (….onmicrosoft.com) is not known yet."),
    "default": _("The customer's default domain is not known yet."),
    "tid": _("The customer's tenant ID is not known."),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Portal:
    """A link to show; without an address it is disabled, and `reason` says why."""

    title: str
    url: str
    kind: PortalLink.Kind
    is_from_microsoft: bool
    is_verified: bool
    reason: str | Promise = ""
    service: str = ""  # the key of the catalog
    why_blocked: str = ""  # the page that tells it link by link

    @property
    def host(self) -> str:
        return urlsplit(self.url).hostname or ""


def portals_of(customer: Customer) -> list[Portal]:
    """The admin portals of this customer in the order to show them; three statements at most."""
    own = [_own_portal(link) for link in _links_last_seen(customer)]
    catalog = PortalLink.objects.filter(cloud=customer.cloud, is_enabled=True).order_by("position", "title")
    return [*own, *_without_doubles(catalog, own=own, customer=customer)]


def filled_portal(template: PortalLink, *, customer: Customer) -> Portal:
    """The template with this customer's ids in it, each quoted so that it can't leave its place in the address."""
    values = {"tid": str(customer.tenant_id), "initial": customer.initial_domain, "default": customer.domain}
    names = _PLACEHOLDER.findall(template.url_template)
    missing = next((name for name in names if not values.get(name)), None)
    url = _PLACEHOLDER.sub(lambda match: quote(values.get(match[1], ""), safe=""), template.url_template)
    unknown = _("The address uses a placeholder that does not exist. Correct it in the settings.")
    return Portal(
        title=template.title,
        url="" if missing else url,
        kind=PortalLink.Kind(template.kind),
        is_from_microsoft=False,
        is_verified=template.is_verified,
        reason=_MISSING.get(missing, unknown) if missing else "",
        service=template.service,
    )


def _links_last_seen(customer: Customer) -> Iterable[ServiceLink]:
    """What the last good reading listed; what it no longer listed stays in the table and is not shown."""
    feed = customer.feeds.filter(kind=Feed.Kind.LINKS, read_at__isnull=False).first()
    if feed is None:
        return ()
    return customer.service_links.filter(last_seen_at__gte=feed.read_at).order_by("name")


def _own_portal(link: ServiceLink) -> Portal:
    return Portal(title=link.name, url=link.url, kind=PortalLink.Kind.ADMIN, is_from_microsoft=True, is_verified=True)


def _without_doubles(catalog: Iterable[PortalLink], *, own: list[Portal], customer: Customer) -> Iterable[Portal]:
    """The catalog's links, less those whose very address Microsoft's own list has already."""
    addresses = {portal.url.rstrip("/").lower() for portal in own}
    for template in catalog:
        portal = filled_portal(template, customer=customer)
        if portal.url.rstrip("/").lower() not in addresses or not portal.url:
            yield portal


@dataclass(frozen=True, kw_only=True, slots=True)
class PortalGroup:
    title: str | Promise
    portals: list[Portal]


def grouped_portals(portals: Iterable[Portal]) -> list[PortalGroup]:
    """Microsoft's own list, then the catalog by kind; a group without links is left out."""
    groups = [
        PortalGroup(title=_("Microsoft's list for this customer"), portals=[]),
        PortalGroup(title=_("More admin portals"), portals=[]),
        PortalGroup(title=_("Service health at Microsoft"), portals=[]),
        PortalGroup(title=_("New support request at Microsoft"), portals=[]),
    ]
    place = {PortalLink.Kind.ADMIN: 1, PortalLink.Kind.HEALTH: 2, PortalLink.Kind.TICKET: 3}
    for portal in portals:
        groups[0 if portal.is_from_microsoft else place[portal.kind]].portals.append(portal)
    return [group for group in groups if group.portals]
