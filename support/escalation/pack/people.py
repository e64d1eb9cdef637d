"""Finds names of people in a text, however their parts stand: in one walk, however many names there are."""

import re
import unicodedata
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

MOST_NAMES, MOST_PARTS = 2000, 8
_HAN = r"\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
# Chinese, Japanese and Korean put no space between names: there each sign is a part, elsewhere each word.
_PART = re.compile(rf"[{_HAN}]|[^\W_{_HAN}]+")
_BETWEEN = re.compile(r"[\s.,'’‘·‧・_-]{0,4}")
_END = ""


class Found(NamedTuple):
    start: int
    end: int
    number: int


class People:
    """Names as a tree of their parts; each name has the number under which it is told."""

    def __init__(self, names: Iterable[str]) -> None:
        self._tree: dict[str, Any] = {}
        for number, name in enumerate(list(dict.fromkeys(names))[:MOST_NAMES], start=1):
            parts = _PART.findall(unicodedata.normalize("NFKC", name))[:MOST_PARTS]
            if len(parts) < 2 and len(name) < 2:
                continue
            self._plant(parts, number=number, name=name)
            if len(parts) > 1 and parts[0].isascii():  # "Lee, Kim" and "kim.lee" are the same person
                self._plant([parts[-1], *parts[:-1]], number=number, name=name)
                self._plant([*parts[1:], parts[0]], number=number, name=name)

    def _plant(self, parts: list[str], *, number: int, name: str) -> None:
        node = self._tree
        for part in parts:
            node = node.setdefault(part.casefold(), {})
        # One word alone may be a word of the trade too, so it has to be written like the name.
        node.setdefault(_END, (number, parts[0] if len(parts) == 1 else ""))

    def find(self, text: str) -> Iterator[Found]:
        """The longest name at each place."""
        if not self._tree:
            return
        parts = [(found.start(), found.end()) for found in _PART.finditer(text)]
        for place in range(len(parts)):
            if found := self._at(text, parts, place):
                yield found

    def _at(self, text: str, parts: list[tuple[int, int]], place: int) -> Found | None:
        node: dict[str, Any] | None = self._tree
        found, start = None, parts[place][0]
        before = start
        for begin, end in parts[place : place + MOST_PARTS]:
            node = node.get(text[begin:end].casefold()) if node and _BETWEEN.fullmatch(text, before, begin) else None
            if node is None:
                break
            before = end
            number, exact = node.get(_END, (0, ""))
            if number and (not exact or text[begin:end] == exact):
                found = Found(start, end, number)
        return found
