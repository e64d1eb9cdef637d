"""What else speaks of a group of customers."""

from collections.abc import Iterator
from typing import Any

from django.db.models import ManyToManyRel, Q

from customers.models import CustomerGroup


def narrowed_by(group: CustomerGroup) -> Iterator[str]:
    """What speaks of the group and would speak of others without it, by name.

    Models that speak of groups lie above; those whose rows need them only for a while say so as GROUPS_MATTER.
    """
    for relation in CustomerGroup._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToManyRel):
            model: Any = relation.related_model
            matters = getattr(model, "GROUPS_MATTER", Q())
            yield from (
                str(row) for row in model.objects.filter(matters, **{relation.field.name: group}).order_by("pk")
            )
