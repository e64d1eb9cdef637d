"""Public holidays of countries and their regions, for whatever year is asked, as the library `holidays` knows them."""

import logging
from datetime import date
from functools import cache, lru_cache

import holidays
from babel import Locale

logger = logging.getLogger(__name__)
_LANGUAGES = {"zh-hant": ("zh_TW", "zh_HK"), "en": ("en_US", "en_GB")}
_KNOWN = holidays.list_supported_countries(include_aliases=False)


@lru_cache(maxsize=4096)
def days_of(country: str, region: str, year: int) -> frozenset[date]:
    """The days without work; none of a country that the library does not know (any more)."""
    return frozenset(day for day, _name in named_days_of(country, region, year, language=""))


@lru_cache(maxsize=512)
def named_days_of(country: str, region: str, year: int, *, language: str) -> tuple[tuple[date, str], ...]:
    """In order, named in this language where the library can, else in English, else in the country's own."""
    if country not in _KNOWN:
        logger.warning("No public holidays are known of the country %s", country)
        return ()
    if region not in _KNOWN[country]:
        region = ""
    spoken = _spoken(country, language)
    found = holidays.country_holidays(country, subdiv=region or None, years=year, expand=False, language=spoken)
    return tuple(sorted(found.items()))


@cache
def countries(locale: str) -> tuple[tuple[str, str], ...]:
    """Codes and names of the countries, sorted by name; `locale` as Babel writes it."""
    names = Locale.parse(locale).territories
    return tuple(sorted(((code, names.get(code, code)) for code in _KNOWN), key=lambda one: one[1]))


@cache
def regions(country: str) -> tuple[tuple[str, str], ...]:
    """Regions with holidays of their own, by the name that they have at home."""
    codes = _KNOWN.get(country, ())
    if not codes:
        return ()
    aliases = holidays.country_holidays(country).get_subdivision_aliases()
    return tuple(sorted(((code, _name(code, aliases.get(code, []))) for code in codes), key=lambda one: one[1]))


def _name(code: str, aliases: list[str]) -> str:
    return f"{aliases[0]} ({code})" if aliases else code


@cache
def _spoken(country: str, language: str) -> str | None:
    known = holidays.country_holidays(country).supported_languages
    return next((one for one in (*_LANGUAGES.get(language, ()), *_LANGUAGES["en"]) if one in known), None)
