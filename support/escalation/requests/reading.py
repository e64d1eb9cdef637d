"""Reads the service requests of customers that are due; what the list lacks is kept as it was."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F
from django.utils.translation import gettext as _

from csp_portal.microsoft.errors import AccessDenied, Cause, MicrosoftError, Throttled
from csp_portal.microsoft.service_requests import ServiceRequest as Told
from csp_portal.microsoft.service_requests import list_service_requests, read_service_request
from customers.connections import Access, cloud_of
from customers.models import Connection, Customer
from support.escalation.requests.matching import match
from support.escalation.requests.news import tell_news
from support.escalation.tempo import Clock
from support.models import Escalation, RequestFeed, ServiceRequest

LEASE, AGAIN, LONGEST = timedelta(minutes=5), timedelta(minutes=30), timedelta(hours=6)
MOST_AT_ONCE, MOST_READ = 10, 200


def why_not_read(customer: Customer) -> str:
    """Why Microsoft shows us no service requests of this customer, with what would change it; empty where it does."""
    connection = customer.connection
    if connection is None:
        return _("The customer has no connection.")
    try:
        has_some = cloud_of(connection).has_service_requests
    except AccessDenied as error:  # a cloud that settings no longer describe
        return error.detail
    if not has_some:
        return _("Partner Center has no service requests in this cloud.")
    if connection.auth_model != Connection.AuthModel.SECURE_APP_MODEL:
        return _(
            "Partner Center shows service requests only to a person. Let the connection sign in by the Secure "
            "Application Model."
        )
    return ""


def ask_to_read(customer: Customer, *, now: datetime) -> str:
    """Have them read now; why not, where that is not possible."""
    reason = why_not_read(customer)
    if not reason:
        RequestFeed.objects.update_or_create(customer=customer, defaults={"due_at": now})
    return reason


def read_due_feeds(*, now: datetime) -> int:
    """One customer after the other; returns how many. No transaction is open at a call."""
    done = 0
    while done < MOST_AT_ONCE and (feed := _claim()) is not None:
        done += 1
        try:
            told, has_more = _told(feed.customer)
        except MicrosoftError as error:
            _put_off(feed, error=error)
        else:
            _store(feed, told=told, has_more=has_more, now=now)
    return done


@transaction.atomic
def _claim() -> RequestFeed | None:
    due = RequestFeed.objects.filter(due_at__lte=Clock()).select_for_update(skip_locked=True, of=("self",))
    taken = due.order_by("due_at", "pk").first()
    if taken is None:
        return None
    RequestFeed.objects.filter(pk=taken.pk).update(due_at=Clock() + LEASE, epoch=F("epoch") + 1)
    return RequestFeed.objects.select_related("customer__connection").get(pk=taken.pk)


def _told(customer: Customer) -> tuple[list[Told], bool]:
    """The list, each one that changed with its notes, and whether some of these are left for the next time."""
    assert customer.connection is not None  # noqa: S101  # why_not_read has looked
    access = Access(customer.connection)
    try:
        token = access.partner_token(access.cloud.partner_center_scope).value
        where: Any = {"cloud": access.cloud, "token": token}
        listed = list_service_requests(access.http, tenant_id=str(customer.tenant_id), **where)
        known = dict(ServiceRequest.objects.filter(customer=customer).values_list("request_id", "changed_at"))
        news = {one.id for one in listed if one.id not in known or known[one.id] != one.changed_at}
        read = [one for one in listed if one.id in news][:MOST_READ]
        whole = _read(access, read, where=where)
    except AccessDenied as error:
        if error.cause is Cause.TOKEN_REFUSED:
            access.forget_partner(access.cloud.partner_center_scope)
        raise
    finally:
        access.keep()
    # What changed and was not read this time is news the next time too.
    left = news - set(whole)
    told = [replace(one, changed_at=known.get(one.id)) if one.id in left else whole.get(one.id, one) for one in listed]
    return told, bool(left)


def _read(access: Access, wanted: Sequence[Told], *, where: dict[str, Any]) -> dict[str, Told]:
    """As many as Microsoft lets us read now; Throttled where that is none."""
    whole: dict[str, Told] = {}
    for one in wanted:
        try:
            whole[one.id] = read_service_request(access.http, request_id=one.id, **where)
        except Throttled:
            if not whole:
                raise
            break
    return whole


@transaction.atomic
def _store(feed: RequestFeed, *, told: Sequence[Told], has_more: bool, now: datetime) -> None:
    mine = RequestFeed.objects.select_for_update(of=("self",)).filter(pk=feed.pk, epoch=feed.epoch).first()
    if mine is None:
        return
    for one in told:
        _keep(feed.customer, one, now=now)
    open_there = Escalation.objects.filter(ticket__customer=feed.customer, state=Escalation.State.FILED)
    is_followed = has_more or open_there.exclude(way=Escalation.Way.AZURE_API).exists()
    mine.due_at, mine.problem, mine.failures, mine.read_at = now + AGAIN if is_followed else None, "", 0, now
    mine.save()


def _keep(customer: Customer, told: Told, *, now: datetime) -> None:
    facts = {
        "title": told.title[:300],
        "status": told.status,
        "severity": told.severity,
        "product": told.product[:200],
        "contact": told.contact[:200],
        "created_at": told.created_at,
        "changed_at": told.changed_at,
        "seen_at": now,
    }
    row, is_new = ServiceRequest.objects.get_or_create(customer=customer, request_id=told.id[:100], defaults=facts)
    before = "" if is_new else row.status
    for name, value in facts.items():
        setattr(row, name, value)
    if told.notes:
        row.notes = [
            {"who": one.who, "at": one.at.isoformat() if one.at else "", "text": one.text} for one in told.notes
        ]
    row.save()
    match(row)
    tell_news(row, before=before, now=now)


def _put_off(feed: RequestFeed, *, error: MicrosoftError) -> None:
    wait = min(AGAIN * 2 ** min(feed.failures, 5), LONGEST)
    if isinstance(error, Throttled):
        wait = timedelta(seconds=error.retry_after)
    mine = RequestFeed.objects.filter(pk=feed.pk, epoch=feed.epoch)
    mine.update(due_at=Clock() + wait, failures=F("failures") + 1, problem=error.detail[:500])
