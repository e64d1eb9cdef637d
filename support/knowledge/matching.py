"""Which runbooks fit what a ticket says, and why: a pure reckoning over product, service and words."""

from collections.abc import Iterable
from dataclasses import dataclass

from django.utils.functional import Promise
from django.utils.translation import gettext as _

from support.known.vocabulary import meanings_of, names_of, services_meant

ENOUGH = 24
MOST = 4


@dataclass(frozen=True, kw_only=True, slots=True)
class Asked:
    """What a ticket says of itself, as far as it is written."""

    text: str
    service_name: str = ""
    family: str = ""
    kind: str = ""
    language: str = ""


@dataclass(frozen=True, kw_only=True, slots=True)
class Known:
    """What a runbook is for; `balance` is how often it helped less how often it did not."""

    key: int
    title: str
    words: str
    service_name: str
    family: str
    kind: str
    language: str
    balance: int = 0


@dataclass(frozen=True, kw_only=True, slots=True)
class Fit:
    key: int
    score: int
    reasons: tuple[str | Promise, ...]


def best_fits(asked: Asked, runbooks: Iterable[Known]) -> list[Fit]:
    """The few worth a look, the likeliest first. Product and kind alone are never enough."""
    found = [fit for one in runbooks if (fit := _fit(asked, one)) and fit.score >= ENOUGH]
    return sorted(found, key=lambda fit: (-fit.score, fit.key))[:MOST]


def _fit(asked: Asked, one: Known) -> Fit | None:
    if _contradicts(asked.family, one.family) or _contradicts(asked.kind, one.kind):
        return None
    reasons: list[str | Promise] = []
    score = _service_score(asked, one, reasons) + _word_score(asked, one, reasons)
    if not reasons:
        return None
    score += 4 if one.family and asked.family else 0
    score += 2 if asked.language and asked.language == one.language else 0
    if one.balance > 0:
        reasons.append(_("helped before"))
    return Fit(key=one.key, score=score + max(-12, min(6, 2 * one.balance)), reasons=tuple(reasons))


def _contradicts(asked: str, known: str) -> bool:
    return bool(asked and known and asked != known)


def _service_score(asked: Asked, one: Known, reasons: list[str | Promise]) -> int:
    if not one.service_name:
        return 0
    if asked.service_name == one.service_name:
        reasons.append(_("same service: %(name)s") % {"name": one.service_name})
        return 14
    if any(part in one.service_name.casefold() for part in services_meant(asked.text)):
        reasons.append(_("the words speak of %(name)s") % {"name": one.service_name})
        return 12
    return -16 if asked.service_name else 0


def _word_score(asked: Asked, one: Known, reasons: list[str | Promise]) -> int:
    """What customers say, and the title; the service's own name is counted by the service."""
    names = names_of(one.service_name) if one.service_name else frozenset()
    same = sorted((meanings_of(asked.text) & meanings_of(f"{one.words} {one.title}")) - names)
    if same:
        reasons.append(_("same words: %(words)s") % {"words": ", ".join(same[:4])})
    return min(36, 12 * len(same))
