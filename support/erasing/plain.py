"""A row as plain values that JSON can hold, without what is nobody's data: secrets, fingerprints, search indexes."""

from typing import Any

from django.contrib.postgres.search import SearchVectorField
from django.db.models import BinaryField, Field, Model

from csp_portal.accounts.models import User

# What opens a door is not handed out, even to whom it belongs to; the bytes of mails and files lie beside the rows.
_SECRET = frozenset({"token_hash", "visit_key", "key_hash", "previous_hash", "marker"})


def fields_of(model: type[Model]) -> list["Field[Any, Any]"]:
    is_file = model._meta.label in {"attachments.Attachment", "support.DataExport"}
    return [
        field
        for field in model._meta.concrete_fields
        if not isinstance(field, SearchVectorField | BinaryField)
        and not field.name.startswith("sealed_")
        and field.name not in _SECRET
        and not (is_file and field.name == "key")
    ]


def plain_row(row: Model, *, fields: list["Field[Any, Any]"], people: dict[int, str]) -> dict[str, object]:
    """Our own people by name, everything else that is pointed at by its key."""
    plain: dict[str, object] = {}
    for field in fields:
        value = getattr(row, field.attname)
        plain[field.name] = people.get(value, value) if field.related_model is User else value
    return plain
