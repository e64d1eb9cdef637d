"""What else speaks of a group of customers."""

from collections.abc import Iterator
from typing import Any

from django.db.models import ManyToManyRel, ManyToOneRel, Q

from customers.models import CustomerGroup


def narrowed_by(group: CustomerGroup) -> Iterator[str]:
    """What speaks of the group and would speak of others without it, or end with it, by name.

    Models that speak of groups lie above; those whose rows need them only for a while say so as GROUPS_MATTER.
    """
    for relation in CustomerGroup._meta.get_fields(include_hidden=True):
        if isinstance(relation, ManyToManyRel | ManyToOneRel) and not _is_join(relation.related_model):
            model: Any = relation.related_model
            matters = getattr(model, "GROUPS_MATTER", Q())
            yield from (
                str(row) for row in model.objects.filter(matters, **{relation.field.name: group}).order_by("pk")
            )


def _is_join(model: Any) -> bool:
    """Whether the model is the table between two others, whose rows have no name of their own."""
    return bool(model._meta.auto_created)
