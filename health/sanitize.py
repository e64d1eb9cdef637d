"""Microsoft's HTML made safe to show: structure and https links stay; images, styles, scripts and forms go."""

import html
from functools import lru_cache

import nh3
from django.utils.safestring import SafeString

_TAGS = {
    *("p", "br", "div", "span", "hr", "b", "strong", "i", "em", "u", "s", "sub", "sup", "code", "pre", "blockquote"),
    *("h1", "h2", "h3", "h4", "h5", "h6", "ul", "ol", "li", "dl", "dt", "dd", "a"),
    *("table", "caption", "thead", "tbody", "tfoot", "tr", "th", "td"),
}
_ATTRIBUTES = {"a": {"href", "title"}, "th": {"colspan", "rowspan", "scope"}, "td": {"colspan", "rowspan"}}


def _keep_https(tag: str, attribute: str, value: str) -> str | None:
    """A relative link would lead into our own portal, another scheme out of the browser's guard."""
    if attribute == "href" and not value.strip().lower().startswith("https://"):
        return None
    return value


_CLEANER = nh3.Cleaner(
    tags=_TAGS,
    attributes=_ATTRIBUTES,
    attribute_filter=_keep_https,
    url_schemes={"https"},
    link_rel="noopener noreferrer nofollow",
    strip_comments=True,
)


def sanitize_post(content: str, *, is_html: bool) -> str:
    """HTML that can be put into a page as it is; plain text keeps its lines."""
    markup = content if is_html else html.escape(content)
    if not is_html or "<" not in markup:
        markup = markup.replace("\r\n", "\n").replace("\n", "<br>")  # the samples call lines of plain text "Html"
    return _CLEANER.clean(markup)


@lru_cache(maxsize=1024)
def cleaned_again(kept: str) -> SafeString:
    """What was kept, for a page: cleaned once more, for a row may be older than today's rules or altered by hand."""
    return SafeString(_CLEANER.clean(kept))
