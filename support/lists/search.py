"""Search over all tickets: as quick for a word that is everywhere as for one that is nowhere.

A word that is common is found among the newest tickets at once; one that is not there is rare, and then all its
tickets are few. No statement lets the database choose between the two, because it guesses wrong for words that it
has not counted.
"""

import re
from collections.abc import Sequence
from functools import partial
from typing import Any

from django.conf import settings
from django.contrib.postgres.search import SearchQuery
from django.core.cache import caches
from django.db.models import F, Max
from django.db.models.expressions import RawSQL

from csp_portal.keyset import Page, page_of, read_mark
from support.lists.words import BUCKET, query_of, whole_words_of, with_buckets
from support.models import TicketQuerySet, TicketWords

NEWEST_FIRST = ("-id",)
PAGE = 50
# How many buckets of tickets are looked through before a word counts as rare.
WINDOW = 2
MOST_RARE = 1000
# How many tickets are looked at one by one for a word's beginning.
WALKED = 600
# From so many letters on a last word is asked for as a beginning at once.
LONG = 12
_NUMBER = re.compile(r"#?(\d{1,9})")


_WALK = """
SELECT ticket_id FROM (
    SELECT ticket_id, words FROM support_ticketwords WHERE ticket_id < %s ORDER BY ticket_id DESC LIMIT %s
) AS next WHERE words @@ %s::tsquery
"""
_WALK_BACK = """
SELECT ticket_id FROM (
    SELECT ticket_id, words FROM support_ticketwords WHERE ticket_id > %s ORDER BY ticket_id LIMIT %s
) AS next WHERE words @@ %s::tsquery
"""


class WordQuery(SearchQuery):
    """A query whose words are taken as they are: `support.lists.words` has made them."""

    template = "%(expressions)s::tsquery"

    def __init__(self, query: str) -> None:
        super().__init__(query, search_type="raw")


def search_page(
    rows: TicketQuerySet, *, words: str, mark: str, columns: Sequence[str] = (), size: int = PAGE
) -> Page[Any]:
    """Those of `rows` with all these words, newest first; on the first page before them the one with this number.

    Where not whole tickets but `columns` are wanted they are named here: asked for from the start they would be
    joined in every probe.
    """
    back, values = read_mark(mark, count=1)
    cursor = values[0] if values and isinstance(values[0], int) else None
    first = [] if cursor is not None else list(_shown(_of_number(rows, words), columns))
    found = _found(rows, words, back=back and cursor is not None, cursor=cursor, size=size)
    if not found:
        return Page(rows=first, previous_page_number="", next_page_number="")
    these = _shown(rows.filter(pk__in=found), columns)
    page: Page[Any] = page_of(these, order=NEWEST_FIRST, mark=mark if cursor is not None else "", size=size)
    if not first:
        return page
    rest = [ticket for ticket in page.rows if ticket.pk != first[0].pk]
    return Page(rows=[*first, *rest], previous_page_number="", next_page_number=page.next_page_number)


def _shown(rows: TicketQuerySet, columns: Sequence[str]) -> Any:
    return rows.values_list(*columns, named=True) if columns else rows


def matching(rows: TicketQuerySet, *, words: str) -> TicketQuerySet:
    """All of them, for what reads every row anyway: an export, or what is done with many."""
    query = query_of(words)
    return rows.filter(found_by__words=WordQuery(query)) if query else _of_number(rows, words)


def _of_number(rows: TicketQuerySet, words: str) -> TicketQuerySet:
    named = _NUMBER.fullmatch(words)
    return rows.filter(pk=int(named[1])) if named else rows.none()


def _found(rows: TicketQuerySet, words: str, *, back: bool, cursor: int | None, size: int) -> list[int]:
    """At least the numbers of a page and one more: behind the cursor, or `back` of those before it.

    Where the last word is common as it stands, tickets that hold it only as a beginning are left out.
    """
    query = query_of(words)
    start_at = cursor if cursor is not None else _newest() if query else None
    if start_at is None:
        return []
    start = start_at // BUCKET
    # One more in front: what was kept as the newest may be some seconds old.
    buckets = range(start, start + WINDOW) if back else range(max(0, start - WINDOW + 1), start + 2)
    place = {"back": back, "cursor": cursor, "most": size + 1}
    near = partial(_near, rows, buckets=buckets, place=place)
    whole = query if _is_long(words) else whole_words_of(words)
    probes = [partial(near, whole)]
    if whole != query:
        probes += [partial(_walked, rows, query, start_at=start_at, place=place), partial(near, query)]
    for probe in probes:
        found = probe()
        if len(found) > size:
            return found
    return _anywhere(rows, query, back=back, cursor=cursor, size=size)


def _near(rows: TicketQuerySet, asked: str, *, buckets: range, place: dict[str, Any]) -> list[int]:
    return _next(rows.filter(found_by__words=WordQuery(with_buckets(asked, buckets))), **place)


def _walked(rows: TicketQuerySet, query: str, *, start_at: int, place: dict[str, Any]) -> list[int]:
    """The same by looking at the next WALKED tickets one after the other.

    The index reads every place of every word that begins so before it knows the newest; where they are many, a short
    walk has found a page of them long before.
    """
    is_first = place["cursor"] is None
    walk = _WALK_BACK if place["back"] else _WALK
    # One that was kept as the newest may be some seconds old.
    start = start_at + BUCKET if is_first else start_at
    next_ones = RawSQL(walk, (start, WALKED, query))  # noqa: S611  # both statements are ours
    return _next(rows.filter(pk__in=next_ones), **place)


def _is_long(words: str) -> bool:
    """Hardly another word begins with so many letters: as it stands and as a beginning it is in the same tickets."""
    return len(words.rsplit(maxsplit=1)[-1]) >= LONG


def _newest() -> int | None:
    """Where to begin; kept for as long as pictures are."""
    kept: int | None = caches["pictures"].get_or_set("newest-words", _newest_now, timeout=settings.PICTURE_SECONDS)
    return kept


def _newest_now() -> int | None:
    newest: int | None = TicketWords.objects.aggregate(newest=Max("ticket"))["newest"]
    return newest


def _anywhere(rows: TicketQuerySet, query: str, *, back: bool, cursor: int | None, size: int) -> list[int]:
    words = TicketWords.objects.filter(words=WordQuery(query))
    if cursor is not None:
        words = words.filter(ticket__gt=cursor) if back else words.filter(ticket__lt=cursor)
    some = list(words.values_list("ticket", flat=True)[: MOST_RARE + 1])
    if len(some) <= MOST_RARE:
        return some
    return _next(rows.filter(found_by__words=WordQuery(query)), back=back, cursor=cursor, most=size + 1)


def _next(rows: TicketQuerySet, *, back: bool, cursor: int | None, most: int) -> list[int]:
    """In the order of the list; the sum keeps the database from walking all tickets in that order instead."""
    if cursor is not None:
        rows = rows.filter(pk__gt=cursor) if back else rows.filter(pk__lt=cursor)
    place = F("pk") + 0
    return list(rows.order_by(place.asc() if back else place.desc()).values_list("pk", flat=True)[:most])
