"""What people order to be changed at Microsoft, one item a row, and every call that was made for it."""

from typing import ClassVar

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.connection import Connection
from customers.models.customer import Customer
from customers.models.relationship import AccessAssignment, Relationship


class Order(models.Model):
    """One act of one person on one or thousands of customers; `era` is the stop switch's when it was given."""

    class Action(models.TextChoices):
        CREATE = "CREATE", _("Create a relationship")
        EDIT = "EDIT", _("Edit a relationship")
        DELETE = "DELETE", _("Delete a relationship")
        LOCK = "LOCK", _("Ask for approval")
        TERMINATE = "TERMINATE", _("Terminate")
        EXTEND = "EXTEND", _("Extend automatically")
        DO_NOT_EXTEND = "DO_NOT_EXTEND", _("Do not extend automatically")
        REMOVE_GLOBAL_ADMINISTRATOR = "REMOVE_GA", _("Remove Global Administrator")
        ASSIGN = "ASSIGN", _("Give a group its roles")
        CHANGE_ASSIGNMENT = "REASSIGN", _("Change a group's roles")
        UNASSIGN = "UNASSIGN", _("Take a group's roles away")
        CONSENT = "CONSENT", _("Consent to our application")

    class State(models.TextChoices):
        DRAFT = "DRAFT", _("Preview")
        RUNNING = "RUNNING", _("Running")
        STOPPED = "STOPPED", _("Stopped")
        DONE = "DONE", _("Done")

    action = models.CharField(max_length=15, choices=Action.choices)
    state = models.CharField(max_length=10, choices=State.choices, default=State.DRAFT)
    # What holds for every item: roles, duration, group … by the action.
    parameters = models.JSONField(default=dict, blank=True)
    reason = models.CharField(_("reason"), max_length=300, blank=True)
    era = models.PositiveIntegerField()
    ordered_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    # Who let it run last: it goes on for as long as this person may change delegated access.
    started_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    # A second person, who lifts the ceiling of writes an hour.
    approved_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+", db_index=False
    )
    created_at = models.DateTimeField(db_default=Now())
    started_at = models.DateTimeField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["Order"]]

    def __str__(self) -> str:
        return f"Order {self.pk}: {self.action}"


class OrderItem(models.Model):
    """One row of an order, which a worker takes when it is due; what was DONE is never done again."""

    class State(models.TextChoices):
        WAITING = "WAITING", _("Waiting")
        SENDING = "SENDING", _("Being sent")  # from here on Microsoft may have got it
        FOLLOWING = "FOLLOWING", _("Microsoft is working on it")
        DONE = "DONE", _("Done")
        NOTHING = "NOTHING", _("Nothing to do")
        REFUSED = "REFUSED", _("Not possible")
        FAILED = "FAILED", _("Failed")
        UNCERTAIN = "UNCERTAIN", _("Uncertain")
        STOPPED = "STOPPED", _("Stopped")

    order = models.ForeignKey(Order, on_delete=models.CASCADE, related_name="items", db_index=False)
    position = models.PositiveIntegerField()
    connection = models.ForeignKey(Connection, on_delete=models.PROTECT, related_name="+", db_index=False)
    customer = models.ForeignKey(Customer, on_delete=models.PROTECT, null=True, blank=True, related_name="order_items")
    relationship = models.ForeignKey(
        Relationship, on_delete=models.PROTECT, null=True, blank=True, related_name="order_items"
    )
    assignment = models.ForeignKey(
        AccessAssignment, on_delete=models.SET_NULL, null=True, blank=True, related_name="+", db_index=False
    )
    parameters = models.JSONField(default=dict, blank=True)  # what holds for this item only
    state = models.CharField(max_length=10, choices=State.choices, default=State.WAITING)
    step = models.CharField(max_length=20, blank=True)  # within an action of several calls
    due_at = models.DateTimeField(db_default=Now())
    epoch = models.PositiveIntegerField(default=0)
    tries = models.PositiveSmallIntegerField(default=0)
    operation_url = models.CharField(max_length=500, blank=True)  # of what Microsoft is working on
    problem = models.CharField(max_length=500, blank=True)  # in words, for people
    before = models.JSONField(null=True, blank=True)
    after = models.JSONField(null=True, blank=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["OrderItem"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["order", "position"], name="one_order_item_per_position")]
        indexes = [
            models.Index(
                fields=["due_at"],
                name="order_item_due",
                condition=Q(state__in=["WAITING", "SENDING", "FOLLOWING"]),
            )
        ]

    def __str__(self) -> str:
        return f"Item {self.position} of order {self.order_id}"


class OrderCall(models.Model):
    """A call to Microsoft that an item made, with its answer; without `status` no answer came."""

    item = models.ForeignKey(OrderItem, on_delete=models.CASCADE, related_name="calls")
    at = models.DateTimeField()
    method = models.CharField(max_length=10)
    path = models.CharField(max_length=300)
    body = models.JSONField(null=True, blank=True)
    status = models.PositiveSmallIntegerField(null=True, blank=True)
    correlation_id = models.CharField(max_length=100, blank=True)
    answer = models.CharField(max_length=500, blank=True)

    objects: ClassVar[models.Manager["OrderCall"]]

    def __str__(self) -> str:
        return f"{self.method} {self.path} of item {self.item_id}"
