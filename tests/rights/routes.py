"""The portal's routes as the resolver knows them, and the reviewed table of who may do what with each."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.urls import URLPattern, URLResolver, get_resolver

TABLE = Path(__file__).with_name("table.txt")
METHODS = ("GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS")
ANYBODY, SIGNED_IN = "anybody", "signed-in"


@dataclass(frozen=True, kw_only=True)
class Row:
    """A line of the table: `who` is a capability, or ANYBODY, or SIGNED_IN; `writes` the one that writing asks for."""

    route: str
    methods: frozenset[str]
    who: str
    writes: str
    step_up: bool
    kind: str  # what the address names: customer, issue, ticket, other or -

    def capability_for(self, method: str) -> str:
        return self.writes if method not in {"GET", "HEAD", "OPTIONS"} else self.who


def routes() -> dict[str, URLPattern]:
    return dict(_walk(get_resolver(), "/"))


def _walk(resolver: URLResolver, prefix: str) -> Iterator[tuple[str, URLPattern]]:
    for entry in resolver.url_patterns:
        path = prefix + _plain(str(entry.pattern))
        if isinstance(entry, URLResolver):
            yield from _walk(entry, path)
        else:
            yield path, entry


def _plain(pattern: str) -> str:
    """The address with <name> where a part of it varies."""
    pattern = re.sub(r"\(\?P<(\w+)>(?:[^()]|\([^()]*\))*\)", r"<\1>", pattern)
    pattern = re.sub(r"<\w+:(\w+)>", r"<\1>", pattern)
    return pattern.lstrip("^").removesuffix("$").removesuffix("\\Z").replace("\\.", ".")


def declared(view: Any, name: str) -> Any:
    """What a view says of itself: a function by its decorator, a class of the API by its attribute."""
    for part in (view, getattr(view, "cls", None), getattr(view, "view_class", None)):
        if getattr(part, name, None):
            return getattr(part, name)
    return None


def table() -> dict[str, Row]:
    rows = [line.split("|") for line in _lines() if line.startswith("/")]
    return {row.route: row for cells in rows if (row := _row([cell.strip() for cell in cells]))}


def roles() -> dict[str, frozenset[str]]:
    """Role and token scope → capabilities, as the table says."""
    pairs = [line.partition(":") for line in _lines() if line.startswith(("role ", "token "))]
    return {name: frozenset(words.split()) for name, _, words in pairs}


def _lines() -> list[str]:
    return TABLE.read_text().splitlines()


def _row(cells: list[str]) -> Row:
    route, methods, who, step_up, kind = cells
    reads, _, writes = who.partition(" / ")
    return Row(
        route=route,
        methods=frozenset(methods.split()),
        who=reads,
        writes=writes or reads,
        step_up=step_up == "fresh proof",
        kind=kind,
    )
