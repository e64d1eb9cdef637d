"""Where the next page of a list lies, at Graph, Partner Center and Azure, and only on the first one's host."""

from collections.abc import Mapping
from typing import Any, Literal
from urllib.parse import urljoin

from csp_portal.microsoft.clouds import origin_of
from csp_portal.microsoft.errors import UnexpectedAnswer
from csp_portal.microsoft.fields import part, parts

PageStyle = Literal["odata", "partner-center", "arm"]


def items_of(document: Any, *, key: str, place: str) -> list[dict[str, Any]]:
    items = document.get(key) if isinstance(document, dict) else None
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise UnexpectedAnswer(f"GET {place} answered without a list named {key}.")
    return items


def refuse_foreign_page(url: str, *, home: str) -> None:
    """A next page must lie on exactly the scheme, host and port of the first; an UnexpectedAnswer otherwise."""
    try:
        origin = origin_of(url)
    except ValueError as error:
        raise UnexpectedAnswer(f"The next page was refused and no token sent: {error}") from error
    if origin != home:
        raise UnexpectedAnswer(f"The next page lies on {origin} instead of {home}: refused, no token was sent there.")


def next_page(document: Mapping[str, Any], *, style: PageStyle, home: str) -> tuple[str, Mapping[str, str]] | None:
    """Its address and the headers it needs; None after the last one."""
    if style == "partner-center":
        return _next_partner_center(document, home=home)
    link = document.get("nextLink" if style == "arm" else "@odata.nextLink")
    return (str(link), {}) if link else None


def _next_partner_center(document: Mapping[str, Any], *, home: str) -> tuple[str, Mapping[str, str]] | None:
    """The next link with its continuation token, the only header taken over (Partner Center docs, headers.md).

    The docs show addresses with and without the /v1 in front.
    """
    link = part(part(document, "links"), "next")
    if not link.get("uri"):
        return None
    uri = str(link["uri"])
    if uri.startswith("/") and not uri.startswith(("/v1/", "//")):
        uri = f"/v1{uri}"
    tokens = [str(h.get("value")) for h in parts(link, "headers") if h.get("key") == "MS-ContinuationToken"]
    return urljoin(home, uri), {"MS-ContinuationToken": tokens[0]} if tokens else {}
