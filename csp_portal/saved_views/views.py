"""Saved views: the menu of a list, the page of one's own views, and what is done with one."""

from urllib.parse import urlsplit

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.limits.rates import limited
from csp_portal.saved_views.forms import ViewForm
from csp_portal.saved_views.keeping import (
    address_of,
    has_room,
    keep_view,
    link_of,
    may_open,
    open_first,
    plain_query,
    remove_view,
    removed_views,
    restore_view,
    views_for,
)
from csp_portal.saved_views.models import SavedView


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def views(request: SignedInRequest) -> HttpResponse:
    """All views, or as the menu of a list those of `?page=`, with the filters that are set there now."""
    page, is_fragment = request.GET.get("page", ""), request.headers.get("HX-Request") == "true"
    if page and not may_open(request.user, page):
        raise Http404(_("There is no such page, or you may not open it."))
    shown_now = _query_of(request.headers.get("HX-Current-URL", "")) or request.GET.get("query", "")
    context = {
        "page": page,
        "query": plain_query(shown_now),
        "views": [(view, link_of(view)) for view in views_for(request.user, page=page)],
        "first": request.user.first_views.get(page, ""),
        "removed": [] if is_fragment else removed_views(request.user, now=timezone.now()),
    }
    answer = render(request, "saved_views/_menu.html" if is_fragment else "saved_views/views.html", context)
    patch_vary_headers(answer, ["HX-Request"])
    return answer


@limited("view", per_minute=60)
@require_POST
@requires(Capability.SEE_CUSTOMERS)
def view_new(request: SignedInRequest) -> HttpResponse:
    page, query = request.POST.get("page", ""), plain_query(request.POST.get("query", ""))
    if not may_open(request.user, page):
        messages.error(request, _("There is no such page, or you may not open it."))
        return redirect("saved_views:views")
    address = f"{address_of(page)}?{query}" if query else address_of(page) or "/"
    name = " ".join(request.POST.get("name", "").replace("\x00", "").split())[:60]
    if not name:
        messages.error(request, _("Give the view a name."))
    elif not query:
        messages.error(request, _("Nothing is filtered here. Choose a filter first, then save it as a view."))
    elif not has_room(request.user, query=query):
        messages.error(request, _("These are too many filters or too many views. Remove a view you no longer need."))
    else:
        keep_view(request.user, page=page, query=query, name=name, is_shared=request.POST.get("is_shared") == "on")
        messages.success(request, _("The view %(name)s is saved.") % {"name": name})
    return redirect(address)


@require_http_methods(["GET", "POST"])
@requires(Capability.SEE_CUSTOMERS)
def view_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    view = _own(request, pk)
    opens_first = request.user.first_views.get(view.page) == view.query
    form = ViewForm(request.POST or None, instance=view, initial={"opens_first": opens_first})
    if not form.is_valid():
        return render(request, "saved_views/view.html", {"view": view, "form": form, "link": link_of(view)})
    form.save()
    if form.cleaned_data["opens_first"] != opens_first:
        open_first(request.user, page=view.page, query=None if opens_first else view.query)
    messages.success(request, _("The view %(name)s is saved.") % {"name": view.name})
    return redirect("saved_views:views")


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def view_remove(request: SignedInRequest, pk: int) -> HttpResponse:
    view = _own(request, pk)
    remove_view(view, by=request.user, now=timezone.now())
    messages.success(request, _("The view %(name)s is removed. You can restore it below.") % {"name": view.name})
    return redirect("saved_views:views")


@require_POST
@requires(Capability.SEE_CUSTOMERS)
def view_restore(request: SignedInRequest, pk: int) -> HttpResponse:
    view = get_object_or_404(removed_views(request.user, now=timezone.now()), pk=pk)
    if restore_view(view):
        messages.success(request, _("The view %(name)s is back.") % {"name": view.name})
    else:
        messages.error(request, _("Another view has this name by now. Rename or remove it first."))
    return redirect("saved_views:views")


def _own(request: SignedInRequest, pk: int) -> SavedView:
    return get_object_or_404(SavedView, pk=pk, person=request.user, removed_at__isnull=True)


def _query_of(address: str) -> str:
    try:
        return urlsplit(address).query
    except ValueError:  # anybody can send anything as a header
        return ""
