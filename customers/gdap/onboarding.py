"""Onboarding by rule: who enters a group of customers is proposed an invitation, as a draft that a person starts."""

from datetime import datetime

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from customers.access import visible_customers
from customers.gdap.naming import DEFAULT_PATTERN, names_for
from customers.gdap.orders import NewItem, place_order
from customers.gdap.periods import period_of
from customers.groups import in_group
from customers.models import OnboardingRule, Order, Proposal, Relationship, RoleTemplate
from customers.models.customer import CustomerQuerySet

_Status = Relationship.Status
_GIVING = (
    *(_Status.CREATED, _Status.APPROVAL_PENDING, _Status.APPROVED, _Status.ACTIVATING),
    *(_Status.ACTIVE, _Status.EXPIRING),
)
MOST = 1000  # customers of one proposal; the rest comes with the next


@transaction.atomic
def propose(rule: OnboardingRule, *, now: datetime) -> Order | None:
    """A draft for the customers of the group that have nothing of the kind and were not proposed before."""
    rule = OnboardingRule.objects.select_for_update(of=("self",)).select_related("group", "template").get(pk=rule.pk)
    roles = sorted({str(role) for role in rule.template.roles.values_list("role", flat=True)})
    customers = list(_newcomers(rule, roles=roles)[:MOST])
    if not rule.is_active or not roles or not customers:
        return None
    connection = rule.template.connection
    names = names_for(
        DEFAULT_PATTERN, customers=[one.name for one in customers], connections=[connection] * len(customers)
    )
    order = place_order(
        Order.Action.CREATE,
        items=[
            NewItem(connection=connection, customer=customer, parameters={"name": name})
            for customer, name in zip(customers, names, strict=True)
        ],
        by=rule.created_by,
        reason=_("Proposed by the rule for %(group)s") % {"group": rule.group.name},
        parameters=_parameters(rule.template, roles=roles),
        now=now,
    )
    Proposal.objects.bulk_create(
        Proposal(rule=rule, customer=customer, order=order, proposed_at=now) for customer in customers
    )
    return order


def propose_all(*, now: datetime) -> int:
    """How many drafts came of it."""
    rules = OnboardingRule.objects.filter(is_active=True).order_by("pk")
    return sum(propose(rule, now=now) is not None for rule in rules)


def _newcomers(rule: OnboardingRule, *, roles: list[str]) -> CustomerQuerySet:
    has_it = Relationship.objects.filter(
        customer=OuterRef("pk"), gone_at__isnull=True, status__in=_GIVING, role_ids__contains=roles
    )
    proposed = Proposal.objects.filter(rule=rule, customer=OuterRef("pk"))
    inside = visible_customers(rule.created_by).filter(in_group(rule.group), connection=rule.template.connection_id)
    return inside.filter(~Exists(has_it), ~Exists(proposed), gone_at__isnull=True).order_by("name", "pk")


def _parameters(template: RoleTemplate, *, roles: list[str]) -> dict[str, object]:
    return {
        "template": template.pk,
        "role_ids": roles,
        "duration": period_of(template.duration_days),
        "extends": template.auto_extends,
        "lock": True,
    }
