"""Takes secrets and personal data out of a text by rules; what is told and what is left says which rule did it.

All rules look at the same text, and what any of them finds is hidden: none can uncover what another would hide.
"""

import html
import re
import unicodedata
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from support.escalation.pack.people import People
from support.escalation.pack.rules import RULES

# Invisible signs that tear a word apart for a machine but not for a person.
_INVISIBLE = dict.fromkeys([0x00AD, 0x200B, 0x200C, 0x200D, 0x2060, 0xFEFF, *range(0x202A, 0x202F)], None)
_CONTROL = dict.fromkeys([*range(9), 11, 12, *range(14, 32), 127], " ")
LEFT, RIGHT = "⟦", "⟧"
NAME, BY_HAND = "NAME", "BY_HAND"
TITLES: dict[str, str | Promise] = {
    **{rule.name: rule.title for rule in RULES},
    NAME: _("Name of a person"),
    BY_HAND: _("Chosen by you"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Masked:
    """The text without what the rules took out, and how often each of them did."""

    text: str
    counts: Counter[str]


class _Span(NamedTuple):
    """What is hidden from `start` to `end`; where several overlap, the lowest `rank` says what it was."""

    start: int
    end: int
    rank: int
    name: str
    word: str


class Masker:
    """`names` are people of the customer's, each told apart as Person 1, 2 …; `also` what a person chose to hide."""

    def __init__(self, *, names: Iterable[str] = (), also: Iterable[str] = ()) -> None:
        self._people = People(plain(name) for name in names)
        phrases = sorted({plain(one).strip() for one in also} - {""}, key=lambda one: (-len(one), one))
        self._phrases = re.compile("|".join(map(re.escape, phrases)), re.IGNORECASE) if phrases else None

    def mask(self, text: str) -> Masked:
        clean = plain(text).replace(LEFT, "[").replace(RIGHT, "]")
        counts, pieces, place = Counter[str](), [], 0
        for span in _united(sorted(self._spans(clean))):
            pieces += [clean[place : span.start], f"{LEFT}{span.word}{RIGHT}"]
            counts[span.name] += 1
            place = span.end
        return Masked(text="".join([*pieces, clean[place:]]), counts=counts)

    def _spans(self, text: str) -> Iterator[_Span]:
        for rank, rule in enumerate(RULES):
            for found in rule.pattern.finditer(text):
                if rule.finds(found):
                    yield _hidden_by(found, rank=rank, name=rule.name, word=rule.word)
        for start, end, number in self._people.find(text):
            yield _Span(start, end, len(RULES), NAME, f"Person {number}")
        for found in self._phrases.finditer(text) if self._phrases else ():
            yield _Span(*found.span(), len(RULES) + 1, BY_HAND, "hidden")

    def mask_leaves(self, told: Any, *, key: str = "") -> tuple[Any, Counter[str]]:
        """The same for every text in what was JSON, each with the name it stands under."""
        counts: Counter[str] = Counter()
        if isinstance(told, dict | list):
            pairs = told.items() if isinstance(told, dict) else enumerate(told)
            made = {}
            for name, value in pairs:
                made[name], more = self.mask_leaves(value, key=str(name) if isinstance(told, dict) else key)
                counts += more
            return (made if isinstance(told, dict) else list(made.values())), counts
        if not isinstance(told, str):
            return told, counts
        lead = f"{key}: "
        masked = self.mask(f"{lead}{told}")
        return masked.text.removeprefix(lead), masked.counts


def mask(text: str, *, names: Iterable[str] = (), also: Iterable[str] = ()) -> Masked:
    return Masker(names=names, also=also).mask(text)


def plain(text: str) -> str:
    """One way to write each sign: full-width letters, hidden signs and entities hide nothing from the rules then."""
    shown = html.unescape(text) if "&" in text else text
    return unicodedata.normalize("NFKC", shown.translate(_INVISIBLE)).translate(_INVISIBLE).translate(_CONTROL)


def _hidden_by(found: re.Match[str], *, rank: int, name: str, word: str) -> _Span:
    """The named group that matched, else the whole."""
    group = next((one for one, said in found.groupdict().items() if said is not None), 0)
    start, end = found.span(group)
    return _Span(start, end, rank, name, f"{found[0][:1]}…" if name == "ADDRESS" else word)


def _united(spans: Iterable[_Span]) -> Iterator[_Span]:
    """Those that overlap as one."""
    held: _Span | None = None
    for span in spans:
        if held is not None and span.start < held.end:
            first = min(held, span, key=lambda one: one.rank)
            held = first._replace(start=held.start, end=max(held.end, span.end))
            continue
        if held is not None:
            yield held
        held = span
    if held is not None:
        yield held
