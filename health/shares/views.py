"""Pages on which our people make, see and revoke signed links."""

from urllib.parse import urljoin

from django.conf import settings
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.rights import Capability, SignedInRequest, may, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from health.models import Share
from health.shares.forms import ShareForm
from health.shares.keeping import make_share, revoke_share, visible_shares

NEWEST_FIRST = ("-made_at", "-id")
# The views whose addresses are shown when a link of the kind is made.
_ADDRESSES = {
    Share.Kind.WALLBOARD: ("shares:open",),
    Share.Kind.FEED: ("shares:atom", "shares:rss"),
    Share.Kind.CALENDAR: ("shares:calendar",),
    Share.Kind.STATUS_PAGE: ("shares:open", "shares:badge"),
    Share.Kind.REQUEST_FORM: ("support:request_form",),
    Share.Kind.ACCESS_CALENDAR: ("shares:access_calendar",),
}


@require_safe
@requires(Capability.EDIT_CUSTOMERS)
def share_list(request: SignedInRequest) -> HttpResponse:
    page = page_of(visible_shares(request.user), order=NEWEST_FIRST, mark=request.GET.get("page", ""))
    may_export = may(request.user, Capability.EXPORT)
    return render(request, "shares/list.html", {"page": page, "now": timezone.now(), "may_export": may_export})


@limited("share", per_minute=30)
@require_http_methods(["GET", "POST"])
@requires(Capability.EDIT_CUSTOMERS, step_up=True)
def share_new(request: SignedInRequest) -> HttpResponse:
    """Make a link and show its address this once."""
    initial = {"language": translation.get_language(), **request.GET.dict()}
    form = ShareForm(request.POST or None, user=request.user, initial=initial)
    if not form.is_valid():
        return render(request, "shares/new.html", {"form": form})
    share, token = make_share(request.user, now=timezone.now(), **form.chosen)
    views = _ADDRESSES[Share.Kind(share.kind)]
    addresses = [urljoin(settings.PORTAL_URL, reverse(view, args=[token])) for view in views]
    return render(request, "shares/made.html", {"share": share, "addresses": addresses})


@require_POST
@requires(Capability.EDIT_CUSTOMERS, step_up=True)
def share_revoke(request: SignedInRequest, pk: int) -> HttpResponse:
    share = revoke_share(pk, by=request.user, now=timezone.now())
    if share is None:
        raise Http404(_("There is no such link, or it is revoked already."))
    messages.success(request, _("The link “%(name)s” is revoked: it shows nothing any more.") % {"name": share.name})
    return redirect("shares:list")


@limited("export", per_minute=10)
@require_safe
@requires(Capability.EXPORT, step_up=True)
def share_export(request: SignedInRequest) -> HttpResponseBase:
    header = [_("Title"), _("Kind"), _("Group"), _("Customer"), _("Made by"), _("Made at"), _("Ends"), _("Revoked")]
    record(Action.SHARES_EXPORTED, by=request.user)
    return csv_answer("links", header=header, rows=_cells(visible_shares(request.user)))


def _cells(shares: QuerySet[Share]) -> list[list[object]]:
    return [
        [
            *(share.name, share.get_kind_display(), share.group or "", share.customer or "", share.made_by.name),
            *(share.made_at.isoformat(), share.expires_at.isoformat()),
            share.revoked_at.isoformat() if share.revoked_at else "",
        ]
        for share in shares
    ]
