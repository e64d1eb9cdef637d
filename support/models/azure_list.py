"""What can be chosen in a request to Azure Support, as Microsoft listed it for one customer."""

from typing import ClassVar

from django.db import models

from customers.models import Customer


class AzureList(models.Model):
    """One list, by its path in Azure: subscriptions, the resources of one, services, the problems of one.

    It is read when somebody asks; `due_at` is empty once that is done.
    """

    customer = models.ForeignKey(Customer, on_delete=models.CASCADE, related_name="+", db_index=False)
    path = models.CharField(max_length=300)
    # Of each thing its key and name, and of a resource what kind it is.
    things = models.JSONField(default=list)
    read_at = models.DateTimeField(null=True, blank=True)
    problem = models.CharField(max_length=500, blank=True)
    due_at = models.DateTimeField(null=True, blank=True)
    epoch = models.PositiveIntegerField(default=0)

    objects: ClassVar[models.Manager["AzureList"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["customer", "path"], name="one_azure_list_of_a_path")]
        indexes = [
            models.Index(fields=["due_at"], name="azure_list_due", condition=models.Q(due_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.path} of customer {self.customer_id}"
