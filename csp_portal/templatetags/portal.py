"""Template tags of the portal: icons, the look of a state, ages, rights, and the main navigation."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache

from babel.dates import format_timedelta
from babel.numbers import format_decimal
from django import template
from django.http import HttpRequest
from django.template.context import RequestContext
from django.templatetags.static import static
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.functional import Promise
from django.utils.html import escape, format_html
from django.utils.safestring import SafeString
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts import rights
from csp_portal.accounts.models import User
from csp_portal.quick_select import options_of

register = template.Library()


@dataclass(frozen=True, kw_only=True)
class Look:
    """How a state is shown: always an icon, a word and a color together."""

    word: str | Promise
    icon: str
    css: str


UNKNOWN = Look(word=_("Unknown"), icon="help-circle", css="is-unknown")
# In the order of customers.models.State, whose numbers arrive here as the database holds them.
LOOKS = (
    Look(word=_("Incident"), icon="alert-octagon", css="is-incident"),
    Look(word=_("Degraded"), icon="alert-triangle", css="is-degraded"),
    UNKNOWN,
    Look(word=_("Healthy"), icon="circle-check", css="is-healthy"),
)
_UNITS = (31536000, 2592000, 604800, 86400, 3600, 60, 1)  # seconds of a year, month, week, day, hour, minute
# Pages that belong to an entry of the navigation without lying below it, and those that belong to none.
_BESIDE = {"settings:overview": ("/people/",), "support:ticket_list": ("/escalations/", "/desk/")}
_OWN = ("/people/me/",)
_NAMES = ("INCIDENT", "DEGRADED", "UNKNOWN", "HEALTHY")


@register.filter
def look_of(state: object) -> Look:
    """The look of a state given as its number or its name; whatever is not a state is unknown, never healthy."""
    if isinstance(state, int) and not isinstance(state, bool):
        return LOOKS[state] if 0 <= state < len(LOOKS) else UNKNOWN
    name = str(state).upper()
    return LOOKS[_NAMES.index(name)] if name in _NAMES else UNKNOWN


@cache
def _sprite() -> str:
    """The icons' address; a page asks for it a hundred times, and it changes only with a release."""
    return static("dist/icons.svg")


@register.simple_tag
def options(
    choices: Iterable[tuple[object, object]], chosen: object = None, *, before: str = "", blank: object = None
) -> SafeString:
    """The options of a drop-down in one step: `before` each value, and nothing where the value is `blank`."""
    told = [] if chosen in (None, "") else ["" if chosen == blank else str(chosen)]
    if blank is not None:
        choices = (("" if value == blank else value, word) for value, word in choices)
    return options_of(choices, chosen=told, before=before)


@register.simple_tag
def icon(name: str, label: str | Promise = "", css: str = "") -> SafeString:
    """An icon of frontend/icons.json; without a label it is decoration that screen readers skip."""
    return _icon(name, str(label), css)


@lru_cache(maxsize=2048)
def _icon(name: str, label: str, css: str) -> SafeString:
    attributes = format_html('role="img" aria-label="{}"', label) if label else SafeString('aria-hidden="true"')
    address = _sprite()
    return format_html('<svg class="icon {}" {}><use href="{}#{}"></use></svg>', css, attributes, address, name)


@register.simple_tag
def badge(state: object, word: str | Promise = "") -> SafeString:
    """The icon, word and color of a state; another word where Microsoft's own says more."""
    look = look_of(state)
    return _badge(look.css, look.icon, str(word or look.word))


@lru_cache(maxsize=2048)
def _badge(css: str, symbol: str, word: str) -> SafeString:
    return format_html('<span class="state {}">{}{}</span>', css, _icon(symbol, "", ""), word)


def _locale() -> str:
    """Babel's name of the reader's language: zh-hant is zh_Hant."""
    return translation.to_locale(translation.get_language() or "en")


@register.filter
def age_of(moment: datetime) -> str:
    """ "3 minutes ago", "in 2 days"; frontend/src/ages.js keeps it true with the same units, rounding and wording."""
    seconds = round((moment - timezone.now()).total_seconds())
    size = next((size for size in _UNITS if abs(seconds) >= size), 1)
    return _age_in_words(round(seconds / size) * size or -1, _locale())  # just now is past, not future


@lru_cache(maxsize=2048)
def _age_in_words(seconds: int, locale: str) -> str:
    """Babel's wording; the same few ages come again and again, and making one costs as much as a whole table cell."""
    return format_timedelta(seconds, threshold=1, add_direction=True, locale=locale)


@register.filter
def grouped(number: int) -> str:
    """A count as the reader's language writes it: 12,345."""
    return format_decimal(number, locale=_locale())


@register.simple_tag
def age(moment: datetime | None, never: str | Promise = "") -> SafeString:
    """How long ago, with the moment itself as the tooltip; components/_age.html in one step, for lists of many rows."""
    if not moment:
        return format_html('<span class="text-secondary">{}</span>', never or _("never"))
    local = timezone.localtime(moment)
    title = f"{local:%Y-%m-%d %H:%M} {local.tzname()}"  # the same in every language, and a tenth of date_format's cost
    # Nothing here needs escaping but the words, and a list writes a hundred ages.
    return SafeString(f'<time datetime="{local.isoformat()}" title="{title}" data-age>{escape(age_of(moment))}</time>')


@register.filter
def initials(name: str) -> str:
    """Up to two letters that stand for a person: "Ana Silva" is AS, 王小明 is 王."""
    words = str(name).split()
    letters = [words[0][:1], words[-1][:1]] if len(words) > 1 else [str(name).strip()[:1]]
    return "".join(letters).upper()


@register.filter
def may(user: object, capability: str) -> bool:
    """Whether a page should offer what asks this right; whether it is done, the view decides."""
    return isinstance(user, User) and rights.may(user, rights.Capability(capability))


@register.simple_tag(takes_context=True)
def nav_item(context: RequestContext, view: str, symbol: str, word: str, key: str) -> SafeString:
    """An entry of the main navigation, current on its own page and all below it; `g` then `key` goes there."""
    request: HttpRequest | None = context.get("request")
    address = reverse(view)
    here = request.path if request else ""
    is_current = here == address if address == "/" else here.startswith((address, *_BESIDE.get(view, ())))
    is_current = is_current and not here.startswith(_OWN)
    return _nav_link(address, symbol, word, key, is_current)


@lru_cache(maxsize=256)
def _nav_link(address: str, symbol: str, word: str, key: str, is_current: bool) -> SafeString:
    """A dozen of them are on every page, each the same for everybody."""
    current = format_html(' aria-current="{}"', "page") if is_current else ""
    link = '<a href="{}" data-go="{}"{}>{}<span>{}</span></a>'
    return format_html(link, address, key, current, icon(symbol), word)
