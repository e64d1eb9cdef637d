"""Keeping the filters of a list under a name, and finding them again."""

from datetime import datetime, timedelta
from functools import lru_cache

from django.db import transaction
from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.http import QueryDict
from django.urls import NoReverseMatch, resolve, reverse

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from csp_portal.saved_views.models import LONGEST_QUERY, SavedView

MOST_VIEWS = 200
RESTORED_WITHIN = timedelta(days=7)
_NO_FILTERS = ("page",)  # the place within the list


def plain_query(query: str) -> str:
    """The filters of an address, without what is empty and without the place in the list."""
    given = QueryDict(query[: 4 * LONGEST_QUERY], mutable=True)
    for name in list(given):
        given.setlist(name, [value for value in given.getlist(name) if value and name not in _NO_FILTERS])
    return given.urlencode()


@lru_cache(maxsize=256)  # names come from addresses that anybody can write
def address_of(page: str) -> str | None:
    """The address of a list by the name of its view; None where there is no such page that needs nothing else."""
    try:
        return reverse(page)
    except NoReverseMatch:
        return None


def may_open(user: User, page: str) -> bool:
    address = address_of(page)
    capability: Capability | None = getattr(resolve(address).func, "capability", None) if address else None
    return capability is not None and may(user, capability)


def link_of(view: SavedView) -> str:
    address = address_of(view.page) or "/"
    return f"{address}?{view.query}" if view.query else address


def views_for(user: User, *, page: str = "") -> list[SavedView]:
    """The person's own, and those that others share, of pages that the person may open."""
    found = SavedView.objects.filter(Q(person=user) | Q(is_shared=True), removed_at__isnull=True)
    if page:
        found = found.filter(page=page)
    rows = found.select_related("person").order_by("page", Upper("name"), "pk")
    return [view for view in rows if may_open(user, view.page)]


def has_room(user: User, *, query: str) -> bool:
    """Whether the filters are short enough to be kept, and the person has not kept too many."""
    return len(query) <= LONGEST_QUERY and SavedView.objects.filter(person=user).count() < MOST_VIEWS


def removed_views(user: User, *, now: datetime) -> QuerySet[SavedView]:
    return SavedView.objects.filter(person=user, removed_at__gte=now - RESTORED_WITHIN).order_by("-removed_at")


def keep_view(user: User, *, page: str, query: str, name: str, is_shared: bool) -> SavedView:
    """Under a name that the person has used for this page before, the filters take the place of the earlier ones."""
    found = {"query": query, "is_shared": is_shared}
    view, _is_new = SavedView.objects.update_or_create(
        person=user, page=page, name=name, removed_at=None, defaults=found
    )
    return view


@transaction.atomic
def open_first(user: User, *, page: str, query: str | None) -> None:
    """Let the page open with these filters where its address asks for nothing; None: with none, as it ships."""
    locked = User.objects.select_for_update().get(pk=user.pk)
    kept = {name: value for name, value in locked.first_views.items() if name != page}
    if query:
        kept[page] = query
    user.keep_preferences(first_views=kept)


@transaction.atomic
def remove_view(view: SavedView, *, by: User, now: datetime) -> None:
    view.removed_at = now
    view.save(update_fields=["removed_at"])
    if by.first_views.get(view.page) == view.query:
        open_first(by, page=view.page, query=None)


def restore_view(view: SavedView) -> bool:
    """False where another view has the name by now."""
    same = SavedView.objects.filter(person=view.person_id, page=view.page, name=view.name, removed_at__isnull=True)
    if same.exists():
        return False
    view.removed_at = None
    view.save(update_fields=["removed_at"])
    return True
