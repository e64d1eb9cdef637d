"""How likely an issue of Microsoft's is behind a ticket, and why: a pure reckoning over words, service and time."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from support.known.vocabulary import meanings_of, names_of, services_meant

# From here on an issue is offered; tuned on `cases.json`, which `manage.py known_issue_quality` prints.
ENOUGH = 40
MOST = 5
_EARLIER, _LATER = timedelta(hours=3), timedelta(days=4)


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a ticket says of itself."""

    text: str
    service_name: str = ""
    at: datetime


@dataclass(frozen=True, kw_only=True, slots=True)
class Active:
    """An issue that hits the customer now; `key` is whatever the caller knows it by."""

    key: int | str
    title: str
    service_name: str
    feature: str
    impact: str
    started_at: datetime | None
    is_incident: bool


@dataclass(frozen=True, kw_only=True)
class Match:
    key: int | str
    score: int
    reasons: tuple[str | Promise, ...]


def best_matches(asked: Asked, active: Iterable[Active]) -> list[Match]:
    """The issues worth a look, the likeliest first; none where nothing speaks for any."""
    found = [match for issue in active if (match := _match(asked, issue)).score >= ENOUGH]
    return sorted(found, key=lambda match: (-match.score, str(match.key)))[:MOST]


def _match(asked: Asked, issue: Active) -> Match:
    reasons: list[str | Promise] = []
    score = _service_score(asked, issue, reasons) + _word_score(asked, issue, reasons)
    if score:
        score += _time_score(asked, issue, reasons)
        score += 4 if issue.is_incident else 0
    return Match(key=issue.key, score=score, reasons=tuple(reasons))


def _service_score(asked: Asked, issue: Active, reasons: list[str | Promise]) -> int:
    if asked.service_name and asked.service_name == issue.service_name:
        reasons.append(_("same service: %(name)s") % {"name": issue.service_name})
        return 30
    meant = services_meant(asked.text)
    name = issue.service_name.casefold()
    if any(part in name for part in meant):
        reasons.append(_("the words speak of %(name)s") % {"name": issue.service_name})
        return 24 if any(part in name for part in services_meant(asked.text, surely=True)) else 12
    return -12 if meant else 0


def _word_score(asked: Asked, issue: Active, reasons: list[str | Promise]) -> int:
    """Words of the title count most, then the feature's; those of the long impact, and the service's own name, less."""
    said, names = meanings_of(asked.text), names_of(issue.service_name)
    title = said & meanings_of(issue.title)
    near = title | (said & meanings_of(issue.feature))
    far = (said & meanings_of(issue.impact)) - near
    if near or far:
        words = ", ".join(_in_order([*sorted(near), *sorted(far)])[:4])
        reasons.append(_("same words: %(words)s") % {"words": words})
    weight = 12 * len(title - names) + 6 * len(title & names) + 8 * len(near - title - names)
    return min(36, weight) + min(12, 4 * len(far))


def _time_score(asked: Asked, issue: Active, reasons: list[str | Promise]) -> int:
    if issue.started_at is None:
        return 0
    later = asked.at - issue.started_at
    if -_EARLIER <= later <= _LATER:
        reasons.append(_("asked while it went on"))
        return 8
    return 0


def _in_order(words: Sequence[str]) -> list[str]:
    return list(dict.fromkeys(words))
