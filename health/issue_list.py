"""The list of issues as a person filters it: from the address to the rows."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.db.models import Q, QuerySet
from django.db.models.functions import Upper
from django.http import QueryDict
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.keyset import Page, page_of
from customers.group_filter import Chip, GroupFilter, address_without, group_chips
from customers.models import CloudChoice
from health.models import Issue, IssueQuerySet
from health.queries import WORST_FIRST, hitting, open_issues, unlisted_issues, visible_issues

LONGEST_SEARCH = 200


@dataclass(frozen=True, kw_only=True)
class IssueFilters:
    """What the address asks for; what it can't mean is left out. `state` is open, unlisted, resolved or all.

    Open issues hit somebody now; unlisted ones have left Microsoft's list without a word of their end.
    """

    state: str
    classification: str
    service: str
    cloud: str
    words: str
    groups: GroupFilter  # issues that hit, or once hit, one of their customers

    @classmethod
    def from_address(cls, query: QueryDict, *, user: User) -> "IssueFilters":
        state, cloud, kind = query.get("state", ""), query.get("cloud", ""), query.get("class", "")
        return cls(
            state=state if state in _BY_STATE else "open",
            classification=kind if kind in Issue.Classification.values else "",
            service=_plain(query.get("service", "")),
            cloud=cloud if cloud in CloudChoice.values else "",
            words=_plain(query.get("q", "")),
            groups=GroupFilter.from_query(query, user=user),
        )

    @property
    def are_set(self) -> bool:
        chosen = (self.classification, self.service, self.cloud, self.words, self.groups.is_set)
        return self.state != "open" or any(chosen)

    def to_query(self) -> dict[str, str | list[str]]:
        """The parameters of the address that asks for just this."""
        values = {
            "q": self.words,
            "state": self.state if self.state != "open" else "",
            "class": self.classification,
            "service": self.service,
            "cloud": self.cloud,
        }
        return {**{name: value for name, value in values.items() if value}, **self.groups.to_query()}

    def chips(self) -> Iterator[Chip]:
        """What narrows the list now, in words, each to be taken away with one click."""
        shown = (
            ("q", _("Search"), self.words),
            ("state", _("State"), _STATES.get(self.state, "")),
            ("class", _("Class"), Issue.Classification(self.classification).label if self.classification else ""),
            ("service", _("Service"), self.service),
            ("cloud", _("Cloud"), CloudChoice(self.cloud).label if self.cloud else ""),
        )
        asked = self.to_query()
        for name, label, value in shown:
            if name in asked:
                yield Chip(label=label, value=value, address=address_without(asked, taken={name: None}))
        yield from group_chips(self.groups, asked=asked)

    def apply(self, issues: IssueQuerySet, *, user: User) -> IssueQuerySet:
        exact = {"classification": self.classification, "service_name": self.service, "cloud": self.cloud}
        found = issues.filter(**{column: value for column, value in exact.items() if value})
        for word in self.words.split():
            found = found.filter(Q(title__icontains=word) | Q(microsoft_id__icontains=word))
        return hitting(found, groups=self.groups, user=user, only_now=self.state == "open")


def _resolved_issues(user: User) -> IssueQuerySet:
    return visible_issues(user).filter(is_resolved=True)


_STATES: Mapping[str, str | Promise] = {
    "unlisted": _("No longer listed"),
    "resolved": _("Resolved"),
    "all": _("Open and resolved"),
}
_BY_STATE: Mapping[str, Callable[[User], IssueQuerySet]] = {
    "open": open_issues,
    "unlisted": unlisted_issues,
    "resolved": _resolved_issues,
    "all": visible_issues,
}


def _plain(text: str) -> str:
    """Text that PostgreSQL can look for."""
    return text.replace("\x00", "").strip()[:LONGEST_SEARCH]


def filtered_issues(user: User, filters: IssueFilters) -> IssueQuerySet:
    return filters.apply(_BY_STATE[filters.state](user), user=user)


def issue_page_of(user: User, filters: IssueFilters, *, mark: str) -> Page[Issue]:
    """One page of the issues, worst first; the long text of the impact stays in the database."""
    return page_of(filtered_issues(user, filters).defer("impact"), order=WORST_FIRST, mark=mark)


def services_with_issues(user: User) -> list[str]:
    """The names to choose from."""
    names: QuerySet[Issue, str] = visible_issues(user).order_by().values_list("service_name", flat=True).distinct()
    return sorted(names)


@dataclass(frozen=True, kw_only=True)
class ExposureFilters:
    """Of the customers of one issue: `state` is hit, unknown, cleared or all."""

    state: str
    words: str
    groups: GroupFilter

    @classmethod
    def from_address(cls, query: QueryDict, *, user: User) -> "ExposureFilters":
        state = query.get("state", "")
        return cls(
            state=state if state in {"hit", "unknown", "cleared"} else "all",
            words=_plain(query.get("q", "")),
            groups=GroupFilter.from_query(query, user=user),
        )

    def apply(self, exposures: QuerySet[Any], *, user: User) -> QuerySet[Any]:
        found = self.groups.narrow_rows(exposures, user=user)
        if self.state in {"hit", "unknown"}:
            found = found.filter(cleared_at__isnull=True, customer__gone_at__isnull=True)
        if self.state == "unknown":
            found = found.filter(is_unknown=True)
        if self.state == "cleared":
            found = found.filter(cleared_at__isnull=False)
        if self.words:
            words = self.words.upper()
            found = found.annotate(name_key=Upper("customer__name"), domain_key=Upper("customer__domain")).filter(
                Q(name_key__contains=words) | Q(domain_key__contains=words)
            )
        return found
