"""Reads where a customer's admin portals are (serviceManagementDetails), and the domains their addresses need."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import partial

from django.db import transaction
from django.db.models.functions import Now

from csp_portal.microsoft.auth import Token
from csp_portal.microsoft.clouds import origin_of
from csp_portal.microsoft.errors import (
    AccessDenied,
    MicrosoftError,
    OverLimit,
    Throttled,
    Unavailable,
    UnexpectedAnswer,
)
from csp_portal.microsoft.graph import (
    Organization,
    ServiceManagementDetail,
    list_service_management_details,
    read_organization,
)
from customers.connections import Access
from customers.domains import is_initial
from customers.models import Connection, Customer, Feed, ServiceLink

THREADS = 4
INTERVAL = timedelta(days=1)
FIRST_RETRY = timedelta(minutes=15)


@dataclass(kw_only=True, slots=True)
class _Round:
    """What the threads that read one connection's share have in common."""

    access: Access
    token: Token  # of the partner's tenant
    held: dict[str, Token]  # of customers' tenants
    wants_domains: set[int]  # customers
    throttled: Throttled | None = field(default=None)


@dataclass(frozen=True, kw_only=True, slots=True)
class LinksAnswer:
    """What one customer's reading brought: links, perhaps its organization, or the error instead.

    `details` is None where the cloud has no such list.
    """

    feed: Feed
    details: tuple[ServiceManagementDetail, ...] | None = None
    organization: Organization | None = None
    error: MicrosoftError | None = None


def read_links_of(claims: Sequence[tuple[int, int]], *, now: datetime) -> int:
    """Read the claimed (feed id, epoch) pairs, connection by connection; returns how many were read well."""
    epochs = dict(claims)
    feeds = Feed.objects.filter(pk__in=epochs).select_related("customer__connection").order_by("pk")
    feeds = feeds.filter(customer__paused_at__isnull=True, customer__connection__is_paused=False)
    batches: dict[Connection, list[Feed]] = {}
    for feed in feeds:
        if feed.epoch == epochs[feed.pk] and feed.customer.connection is not None:
            batches.setdefault(feed.customer.connection, []).append(feed)
    answers = [answer for connection, batch in batches.items() for answer in _read_batch(connection, feeds=batch)]
    store_answers(answers, epochs=epochs, now=now)
    return sum(answer.error is None for answer in answers)


@transaction.atomic
def store_answers(answers: Sequence[LinksAnswer], *, epochs: dict[int, int], now: datetime) -> None:
    """Write a batch; a feed that somebody else took in the meantime is left to them. Nothing is ever deleted."""
    ours = Feed.objects.filter(pk__in=epochs, kind=Feed.Kind.LINKS).order_by("pk")
    held = ours.select_for_update().values_list("pk", "epoch")
    still_ours = {pk for pk, epoch in held if epochs[pk] == epoch}
    kept = [answer for answer in answers if answer.feed.pk in still_ours]
    links = [link for answer in kept for link in _links(answer, now=now)]
    ServiceLink.objects.bulk_create(
        links,
        update_conflicts=True,
        unique_fields=["customer", "name"],
        update_fields=["url", "last_seen_at"],
        batch_size=1000,
    )
    customers = [customer for answer in kept if (customer := _with_domains(answer)) is not None]
    Customer.objects.bulk_update(customers, ["domain", "initial_domain"])
    for answer in kept:
        _note(answer, now=now)
    columns = [
        "due_at",
        "due_because",
        "due_about",
        "tried_at",
        "read_at",
        "failures",
        "problem",
        "problem_detail",
        "problem_since",
    ]
    Feed.objects.bulk_update([answer.feed for answer in kept], [*columns, "paused_because"])


def _read_batch(connection: Connection, *, feeds: list[Feed]) -> list[LinksAnswer]:
    """One connection's share. All of it is asked at the partner's own tenant, so one refusal there is everyone's."""
    try:
        access = Access(connection)
    except AccessDenied as error:
        return [LinksAnswer(feed=feed, error=error) for feed in feeds]
    if not access.cloud.has_gdap:
        return [LinksAnswer(feed=feed) for feed in feeds]
    try:
        token = access.partner_token(access.cloud.graph_scope)
    except MicrosoftError as error:
        access.keep()  # what it learned of a sign-in that is dead
        return [LinksAnswer(feed=feed, error=error) for feed in feeds]
    wanted = _wants_domains(feeds)
    held = access.tokens_in_hand([str(feed.customer.tenant_id) for feed in feeds if feed.customer_id in wanted])
    common = _Round(access=access, token=token, held=held, wants_domains=wanted)
    try:
        with ThreadPoolExecutor(max_workers=THREADS) as pool:
            return list(pool.map(partial(_read_one, common=common), feeds))
    finally:
        access.keep()
        if common.throttled is not None:
            _hold_back(connection, seconds=common.throttled.retry_after)


def _wants_domains(feeds: list[Feed]) -> set[int]:
    """The customers whose own tenant may tell us a better domain, and whose health was read well."""
    open_questions = [f.customer for f in feeds if not f.customer.initial_domain or is_initial(f.customer.domain)]
    readable = Feed.objects.filter(
        customer__in=open_questions, kind=Feed.Kind.HEALTH, problem="", paused_because="", read_at__isnull=False
    )
    return set(readable.values_list("customer_id", flat=True))


def _hold_back(connection: Connection, *, seconds: float) -> None:
    """No list is asked for at this partner's tenant before Microsoft's pause is over."""
    until = Now() + timedelta(seconds=seconds)
    feeds = Feed.objects.filter(kind=Feed.Kind.LINKS, customer__connection=connection)
    feeds.filter(due_at__lt=until).move_due(until, because=Feed.Because.WAIT)


def _read_one(feed: Feed, *, common: _Round) -> LinksAnswer:
    if common.throttled is not None:
        return LinksAnswer(feed=feed, error=common.throttled)
    access, tenant_id = common.access, str(feed.customer.tenant_id)
    try:
        details = list_service_management_details(
            access.http_in_turn(), cloud=access.cloud, token=common.token.value, tenant_id=tenant_id
        )
    except MicrosoftError as error:
        if isinstance(error, Throttled) and not isinstance(error, OverLimit):
            common.throttled = error
        return LinksAnswer(feed=feed, error=error)
    organization = _organization(tenant_id, common=common) if feed.customer_id in common.wants_domains else None
    return LinksAnswer(feed=feed, details=details, organization=organization)


def _organization(tenant_id: str, *, common: _Round) -> Organization | None:
    """The customer's own record where we may read it: an extra that makes more links work; its loss is no problem."""
    access = common.access
    try:
        token = common.held.get(tenant_id) or access.graph_token(tenant_id)
        return read_organization(access.http_in_turn(), cloud=access.cloud, token=token.value)
    except (AccessDenied, Throttled, Unavailable, UnexpectedAnswer):
        return None


def _links(answer: LinksAnswer, *, now: datetime) -> list[ServiceLink]:
    """Only https addresses are kept: a link is something a person clicks on."""
    by_name = {one.name.replace("\x00", "")[:200]: one.url for one in answer.details or () if _is_plain_https(one.url)}
    return [
        ServiceLink(customer_id=answer.feed.customer_id, name=name, url=url, last_seen_at=now)
        for name, url in by_name.items()
    ]


def _is_plain_https(url: str) -> bool:
    try:
        origin_of(url)
    except ValueError:
        return False
    return url.isprintable() and len(url) <= 1000


def _with_domains(answer: LinksAnswer) -> Customer | None:
    """The customer with the domains its own tenant names, or None where they are known already."""
    customer, found = answer.feed.customer, answer.organization
    if found is None or found.id.lower() != str(customer.tenant_id):
        return None
    default, initial = found.default_domain or customer.domain, found.initial_domain or customer.initial_domain
    if (customer.domain, customer.initial_domain) == (default, initial):
        return None
    customer.domain, customer.initial_domain = default, initial
    return customer


def _note(answer: LinksAnswer, *, now: datetime) -> None:
    """Say on the feed how it went and when it is due again; an empty answer keeps the links of the last one."""
    feed, error = answer.feed, answer.error
    if isinstance(error, OverLimit):
        feed.due_at, feed.due_because = now + timedelta(seconds=error.retry_after), Feed.Because.LIMIT
        return
    feed.tried_at = now
    is_empty = error is None and answer.details == ()
    problem = Feed.Problem.EMPTY.value if is_empty else Feed.Problem.of(error).value if error else ""
    feed.problem_detail = error.detail if error else ""
    feed.problem_since = (feed.problem_since if feed.problem == problem else now) if problem else None
    feed.failures = min(feed.failures + 1, 30) if error else 0
    feed.problem = problem
    feed.paused_because = problem if isinstance(error, AccessDenied) else ""
    if not problem:
        feed.read_at = now
    feed.due_at = now + _pause(error, failures=feed.failures)
    feed.due_because, feed.due_about = _because(error), ""


def _because(error: MicrosoftError | None) -> Feed.Because:
    if isinstance(error, Throttled):
        return Feed.Because.WAIT
    if isinstance(error, Unavailable):
        return Feed.Because.BACK_OFF
    return Feed.Because.SET_ASIDE if isinstance(error, AccessDenied) else Feed.Because.INTERVAL


def _pause(error: MicrosoftError | None, *, failures: int) -> timedelta:
    if isinstance(error, Throttled):
        return timedelta(seconds=error.retry_after)
    if isinstance(error, Unavailable):
        return min(FIRST_RETRY * (1 << min(failures - 1, 7)), INTERVAL)
    return INTERVAL
