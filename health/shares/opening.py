"""Opening a signed link: whether it still counts, and what its maker may see at this moment."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import wraps

from django.contrib.auth.decorators import login_not_required
from django.db.models import Q
from django.http import HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.http import require_http_methods

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, may
from csp_portal.limits.rates import limited
from customers.access import visible_customers
from customers.groups import narrowed_to
from customers.models.customer import CustomerQuerySet
from health.models import Share
from health.shares.keeping import hash_of

USE_NOTED_EVERY = timedelta(hours=1)


@dataclass(frozen=True, kw_only=True, slots=True)
class Opened:
    """A link that counts: `maker` is in whose name is read, `customers` are all that it may speak of."""

    share: Share
    maker: User
    customers: CustomerQuerySet
    now: datetime


ShownView = Callable[..., HttpResponseBase]


def shows(*kinds: Share.Kind, takes_words: bool = False) -> Callable[[ShownView], ShownView]:
    """The view of links of these kinds, for anybody: unknown to search engines, at a bounded rate.

    Without a cookie, unless it `takes_words`, whose form needs one against forgery.
    """
    methods = ["GET", "HEAD", "POST"] if takes_words else ["GET", "HEAD"]

    def decorate(view: ShownView) -> ShownView:
        @limited("shared", per_minute=20 if takes_words else 120)
        @require_http_methods(methods)
        @login_not_required
        @wraps(view)
        def guarded(request: HttpRequest, token: str) -> HttpResponseBase:
            opened = open_share(token, kinds=kinds, now=timezone.now())
            if opened is None:
                answer: HttpResponseBase = _ended(request)
            else:
                with translation.override(opened.share.language):
                    answer = view(request, opened, token)
            answer["X-Robots-Tag"] = "noindex, nofollow"
            answer["Referrer-Policy"] = "same-origin"
            return answer

        return guarded

    return decorate


def open_share(token: str, *, kinds: tuple[Share.Kind, ...], now: datetime) -> Opened | None:
    """None where the link has ended, was revoked, never was, or its maker may no longer show this to anybody."""
    found = Share.objects.select_related("made_by", "group", "customer").filter(
        token_hash=hash_of(token), kind__in=kinds
    )
    share = found.filter(revoked_at__isnull=True, expires_at__gt=now).first()
    if share is None or not may(share.made_by, Capability.EDIT_CUSTOMERS):
        return None
    customers = visible_customers(share.made_by).current()
    if share.group is not None:
        customers = narrowed_to(customers, [share.group])
    if share.customer_id is not None:
        customers = customers.filter(pk=share.customer_id)
        if not customers.exists():
            return None
    _note_use(share, now=now)
    return Opened(share=share, maker=share.made_by, customers=customers, now=now)


def _note_use(share: Share, *, now: datetime) -> None:
    is_due = Q(used_at__isnull=True) | Q(used_at__lte=now - USE_NOTED_EVERY)
    if share.used_at is None or share.used_at <= now - USE_NOTED_EVERY:
        Share.objects.filter(is_due, pk=share.pk).update(used_at=now)


def _ended(request: HttpRequest) -> HttpResponse:
    """The same words whatever the link was; a wallboard that redraws itself is told to show them."""
    answer = render(request, "shares/ended.html", status=410)
    if request.headers.get("HX-Request") == "true":
        answer["HX-Refresh"] = "true"
    return answer
