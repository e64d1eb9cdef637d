"""What a wallboard shows: a tile for each customer that is not well, as many as fit on the screen at a time."""

from collections import Counter
from dataclasses import dataclass
from typing import Any

from django.db.models import Count
from django.db.models.functions import Upper

from customers.models import State
from customers.queries import with_health_at
from health.shares.opening import Opened

TILES_OF_SCREEN = 300
FEW, SOME = 24, 96


@dataclass(frozen=True, kw_only=True, slots=True)
class Wall:
    """One screen of the board; `next_page` is what it shows after that, and the same where all fit on one."""

    totals: tuple[tuple[State, int], ...]
    tiles: tuple[Any, ...]
    page: int
    pages: int

    @property
    def next_page(self) -> int:
        return self.page % self.pages + 1

    @property
    def customers(self) -> int:
        return sum(count for _state, count in self.totals)

    @property
    def density(self) -> str:
        """The fewer tiles, the larger; a class of the style sheet."""
        if len(self.tiles) <= FEW:
            return "few"
        return "some" if len(self.tiles) <= SOME else "many"


def read_wall(opened: Opened, *, page: int) -> Wall:
    """Two statements: the totals, and the tiles of one screen, worst first. Who is well again is gone by itself."""
    customers: Any = with_health_at(opened.customers, now=opened.now)
    counted = customers.order_by().values_list("health_now").annotate(count=Count("*"))
    totals = Counter({State(state): count for state, count in counted})
    troubled = sum(count for state, count in totals.items() if state != State.HEALTHY)
    pages = max(1, -(-troubled // TILES_OF_SCREEN))
    page = min(max(1, page), pages)
    rows = customers.filter(health_now__lt=State.HEALTHY).order_by(
        "health_now", "-open_incidents", "-open_advisories", Upper("name"), "pk"
    )
    tiles = rows[(page - 1) * TILES_OF_SCREEN : page * TILES_OF_SCREEN]
    return Wall(totals=tuple((state, totals[state]) for state in State), tiles=tuple(tiles), page=page, pages=pages)
