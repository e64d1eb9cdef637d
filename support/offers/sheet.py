"""A version as its customer reads it: headings and lines, for a page and for paper."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from csp_portal.calendars.durations import in_words
from csp_portal.calendars.models import OpenSpan, words_of
from support.models import OfferVersion, Severity
from support.offers.publishing import promised_by, spans_of


@dataclass(frozen=True, kw_only=True, slots=True)
class Block:
    heading: str
    lines: tuple[str, ...]


@dataclass(frozen=True, kw_only=True, slots=True)
class Sheet:
    title: str
    customer: str
    validity: str
    blocks: tuple[Block, ...]


def sheet_of(version: OfferVersion) -> Sheet:
    """In the language that is active; of a draft, as it would be published now."""
    offer = version.offer
    blocks = (
        Block(heading=_("Delivered by"), lines=(_deliverer(version),)),
        Block(heading=_("What is covered"), lines=_text(version, "covered")),
        Block(heading=_("What is not covered"), lines=_text(version, "not_covered")),
        Block(heading=_("Hours"), lines=hours_lines(version, "calendar")),
        Block(heading=_("How to reach the support"), lines=_ways(version)),
        Block(heading=_("How soon"), lines=_promises(version)),
        Block(heading=_("Price"), lines=(price_of(version),)),
    )
    return Sheet(
        title=_("Support for %(products)s") % {"products": offer.family_words},
        customer=offer.customer.name if offer.customer else offer.name,
        validity=_validity(version),
        blocks=tuple(block for block in blocks if block.lines),
    )


def price_of(version: OfferVersion) -> str:
    if version.amount is None:
        return _("Included")
    per = OfferVersion.Per(version.per).label if version.per else ""
    return f"{version.currency} {version.amount} {per}".strip()


def hours_lines(version: OfferVersion, name: str) -> tuple[str, ...]:
    kept = version.hours.get(name) if version.hours else spans_of(getattr(version, name))
    if not kept:
        return (_("Around the clock, every day"),) if name == "calendar" else ()
    days: defaultdict[int, list[str]] = defaultdict(list)
    for weekday, begins, ends in kept["spans"]:
        days[weekday].append(f"{words_of(begins)}–{words_of(ends)}")
    lines = [f"{OpenSpan.Weekday(day).label}: {', '.join(spans)}" for day, spans in sorted(days.items())]
    return (*lines, _("Time zone: %(zone)s") % {"zone": kept["zone"]})


def _deliverer(version: OfferVersion) -> str:
    words = str(OfferVersion.Delivery(version.delivery).label)
    return f"{words}: {version.company}" if version.company else words


def _text(version: OfferVersion, name: str) -> tuple[str, ...]:
    """In the reader's language where it is written, else in the other."""
    english, chinese = getattr(version, f"{name}_en"), getattr(version, f"{name}_zh")
    is_chinese = (get_language() or "").startswith("zh")
    text = (chinese or english) if is_chinese else (english or chinese)
    return tuple(line.strip() for line in text.splitlines() if line.strip())


def _ways(version: OfferVersion) -> tuple[str, ...]:
    lines: list[str] = []
    for name, label in (("phone", _("Phone")), ("mail", _("Mail")), ("page", _("Web page"))):
        if value := getattr(version, name):
            hours = "; ".join(hours_lines(version, f"{name}_calendar"))
            lines.append(f"{label}: {value} ({hours})" if hours else f"{label}: {value}")
    return tuple(lines)


def _promises(version: OfferVersion) -> tuple[str, ...]:
    promised: dict[str, Any] = version.promised if version.published_at else promised_by(version.policy)
    lines = []
    for severity in Severity:
        target = promised.get("targets", {}).get(severity.value, {})
        kinds = (
            (target.get("first_response"), _("first answer within %(time)s")),
            (target.get("update"), _("news at least every %(time)s")),
            (target.get("solution"), _("solution within %(time)s")),
        )
        said = [words % {"time": in_words(minutes)} for minutes, words in kinds if minutes]
        lines += [f"{severity.label}: {'; '.join(said)}"] if said else []
    return tuple(lines)


def _validity(version: OfferVersion) -> str:
    if version.valid_from is None:
        return _("Version %(number)d, a draft") % {"number": version.number}
    told = {"number": version.number, "day": date_format(version.valid_from)}
    if version.valid_to is None:
        return _("Version %(number)d, valid from %(day)s") % told
    return _("Version %(number)d, valid from %(day)s to %(end)s") % {**told, "end": date_format(version.valid_to)}
