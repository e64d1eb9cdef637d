"""Seals what lies in the database anew under the current key: row by row, so that it may be killed at any moment."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.apps import apps
from django.db import models, transaction
from django.db.models import Q

from csp_portal.accounts.mfa_adapter import seal_anew, sealed_second_factors
from csp_portal.sealed import SEALED, SealedSecrets, sealed_columns
from csp_portal.secrets import SecretError, keyring

BATCH = 200


@dataclass(frozen=True, kw_only=True, slots=True)
class Rotated:
    """What became of one row: how many of its secrets were sealed anew, and what could not be opened."""

    count: int
    problems: tuple[str, ...] = ()


def models_with_secrets() -> list[type[SealedSecrets]]:
    return [model for model in apps.get_models() if issubclass(model, SealedSecrets)]


def rotate_all() -> Iterator[Rotated]:
    """Every row with a secret under another than the current key; each is its own transaction under its own lock.

    A row is found by what is in it, so a run that was killed is taken up where it ended.
    """
    for model in models_with_secrets():
        last: Any = None
        while ids := _next_ids(model, after=last):
            for pk in ids:
                yield _rotate(model, pk)
            last = ids[-1]
    for pk in sealed_second_factors():
        yield _rotate_second_factor(pk)


def _rotate_second_factor(pk: int) -> Rotated:
    """allauth's rows keep theirs inside of a column."""
    try:
        return Rotated(count=int(seal_anew(pk)))
    except SecretError as error:
        return Rotated(count=0, problems=(f"Second factor {pk}: {error}",))


def _next_ids(model: type[SealedSecrets], *, after: Any) -> list[Any]:
    is_old = Q()
    for column in sealed_columns(model):
        is_old |= ~Q(**{column: ""}) & ~Q(**{f"{column}__startswith": f"{keyring().current}:"})
    rows: models.QuerySet[SealedSecrets] = model._default_manager.filter(is_old).order_by("pk")
    if after is not None:
        rows = rows.filter(pk__gt=after)
    return list(rows.values_list("pk", flat=True)[:BATCH])


@transaction.atomic
def _rotate(model: type[SealedSecrets], pk: Any) -> Rotated:
    row = model._default_manager.select_for_update().filter(pk=pk).first()
    if row is None:
        return Rotated(count=0)
    changed, problems = [], []
    for column in sealed_columns(model):
        sealed = getattr(row, column)
        if not sealed or keyring().is_current(sealed):
            continue
        secret = column.removeprefix(SEALED)
        try:
            row.seal_secret(secret, row.open_secret(secret))
            changed.append(column)
        except SecretError as error:
            problems.append(f"{row}: {error}")
    if changed:
        row.save(update_fields=changed)
    return Rotated(count=len(changed), problems=tuple(problems))
