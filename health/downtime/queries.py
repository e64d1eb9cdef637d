"""The report of downtime: from the address to its rows, each with the issues behind its minutes and how it stands."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Count, DecimalField, ExpressionWrapper, F, Q, QuerySet, Sum
from django.http import Http404, QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.accounts.models import User
from customers.access import of_visible_customers
from customers.group_filter import GroupFilter
from customers.listing import matching
from customers.models import CloudChoice, Customer
from health import timeline
from health.downtime.reckon import next_month, start_of
from health.models import Claim, Downtime, Exposure, Issue, ReckonedMonth

WORST_FIRST = ("-incident_seconds", "-degraded_seconds", "id")
LONGEST_SEARCH = 200
SHOWN_OF_CUSTOMER = 24
LEAST_CLAIMED_SECONDS = 60
CANDIDATE, UNSURE, KEPT = "CANDIDATE", "UNSURE", "KEPT"
STANDINGS: Mapping[str, str | Promise] = {
    CANDIDATE: gettext_lazy("Candidate for a claim"),
    **{outcome.value: outcome.label for outcome in Claim.Outcome},
    UNSURE: gettext_lazy("Can't tell"),
    KEPT: gettext_lazy("Promise kept"),
}
_STANDING_SHOWN = {"candidates": CANDIDATE, **{outcome.lower(): outcome.value for outcome in Claim.Outcome}}


@dataclass(frozen=True, kw_only=True, slots=True)
class DowntimeFilter:
    """What the address asks for; what it can't mean is left out. `show` is "" for everything with an incident."""

    month: date
    show: str
    service: str
    cloud: str
    words: str
    groups: GroupFilter

    @classmethod
    def from_address(cls, query: QueryDict, *, months: Sequence[date], today: date, user: User) -> "DowntimeFilter":
        """The newest of the `months` that are reckoned, or this month, where the address names none of them."""
        by_name = {f"{month:%Y-%m}": month for month in months}
        newest = months[0] if months else today.replace(day=1)
        show, cloud = query.get("show", ""), query.get("cloud", "")
        return cls(
            month=by_name.get(query.get("month", ""), newest),
            show=show if show == "all" or show in _STANDING_SHOWN else "",
            service=_plain(query.get("service", "")),
            cloud=cloud if cloud in CloudChoice.values else "",
            words=_plain(query.get("q", "")),
            groups=GroupFilter.from_query(query, user=user),
        )

    @property
    def are_set(self) -> bool:
        return bool(self.show or self.service or self.cloud or self.words or self.groups.is_set)

    def apply(self, user: User) -> QuerySet[Any]:
        rows = visible_downtimes(user).filter(_wanted(self.show), month=self.month)
        if self.service:
            rows = rows.filter(service__name=self.service)
        if self.cloud:
            rows = rows.filter(customer__cloud=self.cloud)
        if self.words:
            customers = self.groups.customers_of(user)
            for word in self.words.split():
                customers = customers.filter(matching(word))
            return rows.filter(customer__in=customers.values("pk"))
        return self.groups.narrow_rows(rows, user=user)


@dataclass(frozen=True, kw_only=True, slots=True)
class DowntimeRow:
    """A row of the report; `issues` hit the customer's service in that month, incidents first."""

    downtime: Any
    sum: timeline.Sum
    standing: str
    issues: tuple[Issue, ...]

    @property
    def standing_word(self) -> str | Promise:
        return STANDINGS[self.standing]

    @property
    def degraded_minutes(self) -> int:
        return int(self.downtime.degraded_seconds // 60)

    @property
    def unknown_minutes(self) -> int:
        return int(self.downtime.unknown_seconds // 60)

    @property
    def more_issues(self) -> int:
        """How many there are besides the two that the list names."""
        return len(self.issues) - 2


@dataclass(frozen=True, kw_only=True, slots=True)
class Totals:
    rows: int
    candidates: int
    waiting: int  # claims without an answer
    minutes: int


def visible_downtimes(user: User) -> QuerySet[Any]:
    """Downtimes of customers this person may see, with customer, service, claim and whether the promise `is_broken`.

    Where it is not by what we know, `is_unsure` says that it may be by what we don't: unknown is never healthy.
    """
    rows = of_visible_customers(Downtime.objects.all(), user=user)
    number = DecimalField(max_digits=20, decimal_places=2)
    known = F("incident_seconds") + F("degraded_seconds") + F("healthy_seconds")
    allowed = ExpressionWrapper((100 - F("service__promised_percent")) * known, output_field=number)
    # Minutes are what is claimed: seconds alone break a promise in the first hours of a month and are worth nothing.
    broken = Q(hundredfold__gt=F("allowed"), incident_seconds__gte=LEAST_CLAIMED_SECONDS)
    rows = rows.alias(hundredfold=ExpressionWrapper(F("incident_seconds") * 100, output_field=number), allowed=allowed)
    at_worst = ExpressionWrapper((F("incident_seconds") + F("unknown_seconds")) * 100, output_field=number)
    bearable = ExpressionWrapper(
        F("allowed") + (100 - F("service__promised_percent")) * F("unknown_seconds"), output_field=number
    )
    unsure = ~broken & Q(unknown_seconds__gt=0, at_worst__gt=F("bearable"))
    rows = rows.alias(at_worst=at_worst, bearable=bearable)
    found: QuerySet[Any] = rows.annotate(is_broken=broken, is_unsure=unsure).select_related(
        "customer", "service", "claim"
    )
    return found


def get_downtime(user: User, pk: int) -> Any:
    found = visible_downtimes(user).select_related("claim__claimed_by", "claim__decided_by").filter(pk=pk).first()
    if found is None:
        raise Http404(_("There is no such downtime, or it is of a customer that you may not see."))
    return found


def with_standing(standing: str) -> Q:
    """The rows of `visible_downtimes` that stand so (STANDINGS)."""
    if standing in Claim.Outcome.values:
        return Q(claim__outcome=standing)
    return Q(is_broken=standing == CANDIDATE, is_unsure=standing == UNSURE, claim__isnull=True)


def _wanted(show: str) -> Q:
    if show in _STANDING_SHOWN:
        return with_standing(_STANDING_SHOWN[show])
    return Q() if show == "all" else Q(incident_seconds__gt=0)


def months_reckoned() -> list[ReckonedMonth]:
    """Newest first."""
    return list(ReckonedMonth.objects.filter(reckoned_at__isnull=False).order_by("-month"))


def totals_of(rows: QuerySet[Any]) -> Totals:
    found = rows.order_by().aggregate(
        count=Count("pk"),
        candidates=Count("pk", filter=with_standing(CANDIDATE)),
        waiting=Count("pk", filter=with_standing(Claim.Outcome.CLAIMED)),
        seconds=Sum("incident_seconds"),
    )
    return Totals(
        rows=found["count"],
        candidates=found["candidates"],
        waiting=found["waiting"],
        minutes=(found["seconds"] or 0) // 60,
    )


def with_issues(user: User, downtimes: Sequence[Any]) -> list[DowntimeRow]:
    """These downtimes of one month as rows, in one statement."""
    issues = _issues_behind(user, downtimes)
    return [row_of(one, issues=issues[one.customer_id, one.service.name]) for one in downtimes]


def row_of(downtime: Any, *, issues: Sequence[Issue] = ()) -> DowntimeRow:
    return DowntimeRow(
        downtime=downtime, sum=sum_stored(downtime), standing=standing_of(downtime), issues=tuple(issues)
    )


def _issues_behind(user: User, downtimes: Sequence[Any]) -> Mapping[tuple[int, str], list[Issue]]:
    found: defaultdict[tuple[int, str], list[Issue]] = defaultdict(list)
    for exposure in exposures_behind(user, downtimes):
        found[exposure.customer_id, exposure.issue.service_name].append(exposure.issue)
    for issues in found.values():
        issues.sort(key=lambda issue: (issue.classification != Issue.Classification.INCIDENT, issue.microsoft_id))
    return found


def exposures_behind(user: User, downtimes: Sequence[Any]) -> Iterable[Exposure]:
    """What hit these customers in the month of the first of these downtimes, by the services these are of."""
    if not downtimes:
        return []
    month = downtimes[0].month
    rows = of_visible_customers(Exposure.objects.all(), user=user).filter(
        Q(cleared_at__isnull=True) | Q(cleared_at__gt=start_of(month)),
        customer__in={one.customer_id for one in downtimes},
        issue__service_name__in={one.service.name for one in downtimes},
        first_seen_at__lt=start_of(next_month(month)),
    )
    return rows.select_related("issue").defer("issue__impact").order_by("first_seen_at", "pk")


def standing_of(downtime: Any) -> str:
    claim = getattr(downtime, "claim", None)
    if claim is not None:
        return str(claim.outcome)
    if downtime.is_broken:
        return CANDIDATE
    return UNSURE if downtime.is_unsure else KEPT


def sum_stored(downtime: Any) -> timeline.Sum:
    return timeline.Sum(
        incident=timedelta(seconds=downtime.incident_seconds),
        degraded=timedelta(seconds=downtime.degraded_seconds),
        unknown=timedelta(seconds=downtime.unknown_seconds),
        healthy=timedelta(seconds=downtime.healthy_seconds),
    )


def choices_of(user: User, *, month: date) -> tuple[set[str], set[str]]:
    """The names of services and the clouds to choose from, in one statement."""
    rows = of_visible_customers(Downtime.objects.filter(month=month), user=user).order_by()
    found = set(rows.values_list("service__name", "service__cloud").distinct())
    return {name for name, _cloud in found}, {cloud for _name, cloud in found}


def downtimes_of(user: User, customer: Customer) -> list[DowntimeRow]:
    """What a customer's own page shows: the newest of its downtimes with an incident."""
    rows = visible_downtimes(user).filter(customer=customer, incident_seconds__gt=0).order_by("-month", *WORST_FIRST)
    return [row_of(one) for one in rows[:SHOWN_OF_CUSTOMER]]


def _plain(text: str) -> str:
    return text.replace("\x00", "").strip()[:LONGEST_SEARCH]
