"""What pages, the API and files read of health: only of customers that a person may see, and as it is known now."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import (
    Case,
    CharField,
    Count,
    Exists,
    F,
    FilteredRelation,
    OuterRef,
    Q,
    QuerySet,
    SmallIntegerField,
    Subquery,
    Value,
    When,
)
from django.db.models.functions import Coalesce
from django.http import Http404
from django.utils.translation import gettext as _

from csp_portal.accounts.models import User
from customers.access import of_visible_customers, visible_customers
from customers.group_filter import GroupFilter
from customers.models import Customer, Feed, State
from customers.queries import late_readings, stale_after
from health.models import Exposure, ExposureQuerySet, Issue, IssueQuerySet, ServiceState, StateChange

WORST_FIRST = ("is_resolved", "state", "-began_at", "id")  # the order of a list of issues; no column is ever null


def visible_issues(user: User) -> IssueQuerySet:
    """Issues that hit, or once hit, a customer this person may see.

    Each carries `hit_customers`, how many of those are hit now, and `began_at`, Microsoft's start or our first sight.
    """
    exposures = of_visible_customers(Exposure.objects.filter(issue=OuterRef("pk")), user=user)
    hit_now = Coalesce(_count(exposures.open()), 0) - Coalesce(_count(_of_gone(exposures.open())), 0)
    issues: IssueQuerySet = Issue.objects.filter(Exists(exposures)).annotate(
        hit_customers=hit_now, began_at=Coalesce("started_at", "first_seen_at")
    )
    return issues


def open_issues(user: User) -> IssueQuerySet:
    """`visible_issues` that are unresolved and hit a current customer now.

    What leaves Microsoft's list without a word of its end stays unresolved for ever, but hits nobody any more.
    """
    return visible_issues(user).open().filter(_hits_somebody(user))


def hitting(issues: IssueQuerySet, *, groups: GroupFilter, user: User, only_now: bool) -> IssueQuerySet:
    """The issues that hit a visible customer of these groups, now or ever."""
    if not groups.is_set:
        return issues
    theirs = groups.narrow_rows(Exposure.objects.filter(issue=OuterRef("pk")), user=user)
    return issues.filter(Exists(theirs.open().filter(customer__gone_at__isnull=True) if only_now else theirs))


def unlisted_issues(user: User) -> IssueQuerySet:
    """`visible_issues` of whose end Microsoft has not told, and that it no longer lists for any current customer."""
    return visible_issues(user).open().exclude(_hits_somebody(user))


def _hits_somebody(user: User) -> Exists:
    exposures = of_visible_customers(Exposure.objects.open().filter(issue=OuterRef("pk")), user=user)
    return Exists(exposures.filter(customer__gone_at__isnull=True))


def _of_gone(exposures: ExposureQuerySet) -> ExposureQuerySet:
    """Those of customers Microsoft no longer lists: so few that taking them off is quicker than counting the others."""
    return exposures.filter(customer__gone_at__isnull=False)


def _count(exposures: ExposureQuerySet) -> Subquery:
    return Subquery(exposures.order_by().values("issue").annotate(count=Count("*")).values("count"))


def get_issue(user: User, *, cloud: str, microsoft_id: str) -> Issue:
    """The issue, or 404 where it hits nobody whom this person may see."""
    issue = (
        visible_issues(user).filter(cloud=cloud, microsoft_id=microsoft_id).select_related("review__attachment").first()
    )
    if issue is None:
        raise Http404(_("There is no such issue, or it hits no customer that you may see."))
    return issue


def unknown_hits(user: User, *, issues: Collection[Issue], now: datetime) -> dict[int, int]:
    """Of the customers that each issue hits: how many can't be read now, so that nobody knows whether it still does."""
    unknown = visible_customers(user).current().filter(health=State.UNKNOWN)
    late = late_readings(now=now)
    counts = (
        of_visible_customers(Exposure.objects.open(), user=user)
        .filter(Q(customer__in=unknown) | Q(customer__in=late.values("customer")), issue__in=issues)
        .exclude(customer__in=visible_customers(user).gone())
        .order_by()
        .values_list("issue")
        .annotate(count=Count("*"))
    )
    return dict(counts)


def visible_exposures(user: User, *, now: datetime) -> QuerySet[Any]:
    """Exposures with issue and customer, and as of now: `seen_at`, `read_at` and `is_unknown`.

    An open exposure was last seen when the customer was last read; it is unknown when that is too long ago or denied.
    """
    rows = _with_reading(of_visible_customers(Exposure.objects.all(), user=user))
    found: QuerySet[Any] = rows.select_related("issue", "customer").annotate(
        seen_at=Case(
            When(cleared_at__isnull=True, then=Coalesce("read_at", "last_seen_at")), default=F("last_seen_at")
        ),
        is_unknown=Case(
            When(_too_old(now=now) | Q(customer__health=State.UNKNOWN), then=Value(True)), default=Value(False)
        ),
    )
    return found


def visible_service_states(user: User, *, now: datetime) -> QuerySet[Any]:
    """Service states with service and customer, and as of now: `state_now`, `unknown_now` (cause or ""), `read_at`.

    A state whose reading is too old is unknown, so that nothing looks healthy while no worker runs.
    """
    rows = _with_reading(of_visible_customers(ServiceState.objects.all(), user=user))
    too_old = _too_old(now=now)
    found: QuerySet[Any] = rows.select_related("service", "customer").annotate(
        state_now=Case(
            When(too_old, then=Value(State.UNKNOWN.value)), default=F("state"), output_field=SmallIntegerField()
        ),
        unknown_now=Case(
            When(~too_old & ~Q(state=State.UNKNOWN), then=Value("")),
            When(Q(state=State.UNKNOWN) & ~Q(unknown_because=""), then=F("unknown_because")),
            When(too_old & _is_paused(), then=Value(Feed.Problem.PAUSED.value)),
            When(too_old, then=Value(Feed.Problem.STALE.value)),
            default=Value(""),
            output_field=CharField(),
        ),
    )
    return found


def state_changes_of(customer: Customer, *, since: datetime) -> QuerySet[StateChange]:
    """What changed at a customer whom the caller may see, newest first."""
    return customer.state_changes.filter(at__gte=since).select_related("service").order_by("-at", "-id")


def _is_paused() -> Q:
    return Q(customer__connection__is_paused=True) | Q(customer__paused_at__isnull=False)


def _with_reading(rows: QuerySet[Any]) -> QuerySet[Any]:
    """Annotate `read_at`: when the health of the row's customer was last read."""
    feed = FilteredRelation("customer__feeds", condition=Q(customer__feeds__kind=Feed.Kind.HEALTH))
    found: QuerySet[Any] = rows.alias(reading=feed).annotate(read_at=F("reading__read_at"))
    return found


def _too_old(*, now: datetime) -> Q:
    return Q(read_at__isnull=True) | Q(read_at__lt=now - stale_after())
