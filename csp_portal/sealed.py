"""Rows that hold secrets: what every model with a sealed column is, so that none is forgotten when keys change."""

from django.db import models

from csp_portal.logs import hide_from_logs
from csp_portal.secrets import keyring

SEALED = "sealed_"


class SealedSecrets(models.Model):
    """A row with secrets: each lies in a column named sealed_… and opens nowhere else.

    Every model with such a column is one of these, so that `rotate_keys` finds it (a test of the house sees to it).
    """

    class Meta:
        abstract = True

    def bound_to(self, secret: str) -> str:
        """Table, row and column a sealed secret belongs to."""
        return f"{self._meta.db_table}/{self.pk}/{secret}"

    def seal_secret(self, secret: str, plain: str) -> None:
        """Put a secret on the row, sealed; the caller saves."""
        hide_from_logs(plain)
        sealed = keyring().seal(plain, bound_to=self.bound_to(secret)) if plain else ""
        setattr(self, f"{SEALED}{secret}", sealed)

    def open_secret(self, secret: str) -> str:
        """The secret in plain words, or an empty text; raises SecretError when its key is missing."""
        sealed: str = getattr(self, f"{SEALED}{secret}")
        plain = keyring().unseal(sealed, bound_to=self.bound_to(secret)) if sealed else ""
        hide_from_logs(plain)
        return plain


def sealed_columns(model: type[models.Model]) -> list[str]:
    """The columns of a model that hold sealed secrets."""
    return [field.name for field in model._meta.local_concrete_fields if field.name.startswith(SEALED)]
