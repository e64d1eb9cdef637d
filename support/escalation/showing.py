"""What the page of an escalation shows: the steps before it, each as it is now."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db.models import TextChoices
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import User
from csp_portal.calendars.durations import in_words
from customers.models import CloudChoice
from health.models import Issue
from health.queries import visible_issues
from support.escalation.answers import ANSWERS, Plan, RolePresent, Where, Who
from support.escalation.baseline import Checklist, checklists_of
from support.escalation.entitling import entitlement_of
from support.escalation.gate import Gate, gate_of
from support.escalation.rules import Entitlement, Question, Rule
from support.models import Escalation, Family, Kind, PartnerType, Purchase, Severity, SupportPlan, Ticket

QUESTIONS: dict[Question, Promise] = {
    Question.WHO: _("Who files"),
    Question.WHERE: _("Where"),
    Question.PLAN: _("Plan"),
    Question.COST: _("Cost"),
    Question.TARGET: _("First answer"),
    Question.NOTE: _("Note"),
}


@dataclass(frozen=True, kw_only=True, slots=True)
class Steps:
    """`entitlement` is None while nobody knows whose the ticket is."""

    gate: Gate
    issues: Sequence[Issue]
    checklists: Sequence[Checklist]
    entitlement: Entitlement | None
    draft: Escalation | None

    @property
    def has_open_items(self) -> bool:
        return any(checklist.open_items for checklist in self.checklists)


def steps_of(ticket: Ticket, *, user: User, purchase: Purchase, now: datetime) -> Steps:
    gate = gate_of(ticket, now=now)
    return Steps(
        gate=gate,
        issues=issues_in_the_way(ticket, gate=gate, user=user),
        checklists=checklists_of(ticket),
        entitlement=entitlement_of(ticket, purchase=purchase, now=now) if ticket.customer else None,
        draft=ticket.escalations.filter(state=Escalation.State.DRAFT).order_by("-escalation_no").first(),
    )


def issues_in_the_way(ticket: Ticket, *, gate: Gate, user: User) -> list[Issue]:
    if gate.check is None or ticket.customer is None or not gate.check.issue_ids:
        return []
    found = visible_issues(user).filter(cloud=ticket.customer.cloud, microsoft_id__in=gate.check.issue_ids)
    return list(found.order_by("state", "microsoft_id"))


def answer_of(rule: Rule) -> str:
    """A rule's answer in words."""
    return words_of(rule.question, rule.value)


def words_of(question: Question, value: str | int | None) -> str:
    if question == Question.TARGET:
        return in_words(int(value)) if value is not None else str(_("Nothing is promised"))
    if question in ANSWERS:
        return str(ANSWERS[question](str(value)).label)
    return ""


# The names of conditions, and what their values are called.
_CONDITIONS: dict[str, tuple[Promise, type[TextChoices]]] = {
    "partner": (_("partner type"), PartnerType),
    "family": (_("product family"), Family),
    "purchase": (_("bought through"), Purchase),
    "cloud": (_("cloud"), CloudChoice),
    "kind": (_("kind"), Kind),
    "severity": (_("severity"), Severity),
    "has": (_("we have"), SupportPlan.Kind),
    "role": (_("role present"), RolePresent),
    "who": (QUESTIONS[Question.WHO], Who),
    "where": (QUESTIONS[Question.WHERE], Where),
    "plan": (QUESTIONS[Question.PLAN], Plan),
}


def conditions_of(rule: Rule) -> str:
    """When a rule holds, in words."""
    told = []
    for name, values in rule.when.items():
        title, words = _CONDITIONS[name]
        told.append(f"{title}: {', '.join(sorted(str(words(value).label) for value in values))}")
    return "; ".join(told)
