"""What we can do at each customer, as last reckoned, and what a role template is not kept to."""

from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.admin_role import RoleTemplate
from customers.models.customer import Customer
from customers.models.group import CustomerGroup
from customers.models.relationship import Relationship


class Reckoning(models.Model):
    """A customer's row of the capability matrix: it becomes due when something behind it changes, and each night.

    `cells` are "JOB:CAUSE", "JOB:" where we can do it; a job that is not among them is not known. `ways` are
    "JOB:id of a security group", for each group that can do it.
    """

    customer = models.OneToOneField(Customer, on_delete=models.CASCADE, primary_key=True, related_name="reckoning")
    cells = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    causes = ArrayField(models.CharField(max_length=20), default=list, db_default=[])
    ways = ArrayField(models.CharField(max_length=40), default=list, db_default=[])
    reds = models.PositiveSmallIntegerField(default=0, db_default=0)
    ambers = models.PositiveSmallIntegerField(default=0, db_default=0)
    due_at = models.DateTimeField(db_default=Now())
    reckoned_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Reckoning"]]

    def __str__(self) -> str:
        return f"What we can do at customer {self.customer_id}"


class Drift(models.Model):
    """A relationship that is not as its template says; the next check writes these rows anew."""

    relationship = models.OneToOneField(Relationship, on_delete=models.CASCADE, primary_key=True, related_name="drift")
    template = models.ForeignKey(RoleTemplate, on_delete=models.CASCADE, related_name="drifts")
    # [{"kind": "MISSING" | "EXTRA" | "GROUP_GONE" | "NOT_GRANTED", "group": object id, "roles": [ids]}]
    differences = models.JSONField(default=list)
    found_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Drift"]]

    def __str__(self) -> str:
        return f"Drift of relationship {self.relationship_id}"


class OnboardingRule(models.Model):
    """To whom enters the group an invitation is proposed, as a draft that a person starts or throws away."""

    group = models.ForeignKey(
        CustomerGroup, on_delete=models.CASCADE, related_name="onboarding_rules", verbose_name=_("customers of")
    )
    template = models.ForeignKey(
        RoleTemplate, on_delete=models.CASCADE, related_name="onboarding_rules", verbose_name=_("role template")
    )
    is_active = models.BooleanField(_("in use"), default=True)
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+", db_index=False)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["OnboardingRule"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "template"], name="one_onboarding_rule")]

    def __str__(self) -> str:
        return f"{self.group} → {self.template}"


class Proposal(models.Model):
    """That a rule has proposed an invitation for this customer: it does so once."""

    rule = models.ForeignKey(OnboardingRule, on_delete=models.CASCADE, related_name="proposals", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+")
    order = models.ForeignKey("customers.Order", on_delete=models.SET_NULL, null=True, blank=True, related_name="+")
    proposed_at = models.DateTimeField()

    objects: ClassVar[models.Manager["Proposal"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["rule", "customer"], name="one_proposal_per_customer")]

    def __str__(self) -> str:
        return f"Proposal of rule {self.rule_id} for customer {self.customer_id}"
