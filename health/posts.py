"""What Microsoft's posts say: their lines, when the next one is due, and what changed from one to the next."""

import html
import re
from dataclasses import dataclass
from datetime import UTC, datetime
from difflib import SequenceMatcher
from functools import lru_cache
from itertools import pairwise

from django.utils.html import strip_tags

_BLOCK_END = re.compile(r"<br\s*/?>|</(?:p|div|li|tr|h[1-6]|table|ul|ol|blockquote|pre)>", re.IGNORECASE)
_CELL_END = re.compile(r"</t[dh]>(?=\s*<t[dh])", re.IGNORECASE)
_NEXT_UPDATE = re.compile(r"^next update[^:]{0,20}:\s*(\S.*)$", re.IGNORECASE)
# "Tuesday, March 5, 2026, at 8:00 PM UTC": the way Microsoft writes moments in posts
_MOMENT = re.compile(r"([A-Z][a-z]+ \d{1,2}, \d{4}),?(?: at)? (\d{1,2}:\d{2} [AP]M)(?: \(?UTC\)?)?")
_WORD = re.compile(r"\S+")
ALIKE = 0.4  # below it a line is another line, and single words that both have would only confuse
KEPT_AROUND = 6  # words of what stayed the same on each side of a change


@dataclass(frozen=True, kw_only=True, slots=True)
class NextUpdate:
    """In Microsoft's words; `at` is None where these are not a moment that we can read."""

    words: str
    at: datetime | None


@dataclass(frozen=True, kw_only=True, slots=True)
class Piece:
    """Some words of a comparison: "same", "added", "removed", or "skipped" for many that stayed the same."""

    kind: str
    text: str


@lru_cache(maxsize=1024)
def lines_of(post_html: str) -> tuple[str, ...]:
    """The plain text of a sanitized post, line by line, without empty lines."""
    cells = _CELL_END.sub(" · ", post_html)
    text = html.unescape(strip_tags(_BLOCK_END.sub("\n", cells)))
    return tuple(" ".join(line.split()) for line in text.split("\n") if line.strip())


def next_update_of(post_html: str) -> NextUpdate | None:
    """When Microsoft means to post again, where the post says so."""
    for line in reversed(lines_of(post_html)):
        if found := _NEXT_UPDATE.match(line):
            return NextUpdate(words=found[1], at=_moment_in(found[1]))
    return None


def _moment_in(words: str) -> datetime | None:
    found = _MOMENT.search(words)
    if found is None:
        return None
    try:
        return datetime.strptime(f"{found[1]} {found[2]}", "%B %d, %Y %I:%M %p").replace(tzinfo=UTC)
    except ValueError:
        return None


@lru_cache(maxsize=512)
def changes_between(old_html: str, new_html: str) -> tuple[tuple[Piece, ...], ...]:
    """Line by line what the newer post says otherwise; lines that stayed as they were are left out."""
    old, new = lines_of(old_html), lines_of(new_html)
    changed = []
    for tag, from_old, to_old, from_new, to_new in SequenceMatcher(None, old, new, autojunk=False).get_opcodes():
        if tag == "equal":
            continue
        gone, come = list(old[from_old:to_old]), list(new[from_new:to_new])
        while gone and come and _label(gone[0]) == _label(come[0]):
            changed.append(tuple(_compare(gone.pop(0), come.pop(0))))
        changed += [(Piece(kind="removed", text=line),) for line in gone]
        changed += [(Piece(kind="added", text=line),) for line in come]
    return tuple(changed)


def _label(line: str) -> str:
    """ "Current status" of "Current status: …": lines of the same label are compared word by word."""
    return line.partition(":")[0] if ":" in line[:60] else ""


def _compare(old: str, new: str) -> list[Piece]:
    before, after = _WORD.findall(old), _WORD.findall(new)
    matcher = SequenceMatcher(None, before, after, autojunk=False)
    if matcher.ratio() < ALIKE:
        return [Piece(kind="removed", text=old), Piece(kind="added", text=new)]
    pieces: list[Piece] = []
    for tag, from_old, to_old, from_new, to_new in matcher.get_opcodes():
        if tag == "equal":
            pieces += _shortened(after[from_new:to_new])
            continue
        if to_old > from_old:
            pieces.append(Piece(kind="removed", text=" ".join(before[from_old:to_old])))
        if to_new > from_new:
            pieces.append(Piece(kind="added", text=" ".join(after[from_new:to_new])))
    return pieces


def _shortened(words: list[str]) -> list[Piece]:
    if len(words) <= 3 * KEPT_AROUND:
        return [Piece(kind="same", text=" ".join(words))]
    return [
        Piece(kind="same", text=" ".join(words[:KEPT_AROUND])),
        Piece(kind="skipped", text="…"),
        Piece(kind="same", text=" ".join(words[-KEPT_AROUND:])),
    ]


def with_changes(newest_first: list[str]) -> list[tuple[tuple[Piece, ...], ...]]:
    """For each post what it changed of the one before it in time; nothing for the first one."""
    return [changes_between(older, newer) for newer, older in pairwise(newest_first)] + [()] * bool(newest_first)
