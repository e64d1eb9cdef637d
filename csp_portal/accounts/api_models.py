"""What the API keeps: tokens that open it, and answers that a repeated request gets again."""

from datetime import datetime, timedelta
from typing import ClassVar

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _
from knox.models import AbstractAuthToken, AuthTokenManager


class TokenScope(models.TextChoices):
    """`accounts.rights` says which capabilities each of them opens, of those that the token's person has."""

    READ = "READ", _("Read customers, their health and issues")
    WRITE = "WRITE", _("Take customers in and change their tags")


class ApiToken(AbstractAuthToken):  # type: ignore[misc]  # knox ships no types
    """A program's key to what its person may do, less what its scopes leave out; only the hash is kept."""

    NOTED_AFTER: ClassVar[timedelta] = timedelta(minutes=1)

    name = models.CharField(max_length=80)
    scopes = ArrayField(models.CharField(max_length=10, choices=TokenScope.choices))
    made_from = models.GenericIPAddressField(null=True)
    last_used_at = models.DateTimeField(null=True)
    last_used_from = models.GenericIPAddressField(null=True)

    objects: ClassVar[AuthTokenManager] = AuthTokenManager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                name="a_token_ends_within_a_year",
                condition=models.Q(expiry__isnull=False, expiry__lte=models.F("created") + timedelta(days=366)),
            )
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.token_key}…)"

    @property
    def scope_words(self) -> list[str]:
        return [str(TokenScope(scope).label) for scope in self.scopes]

    def note_use(self, *, now: datetime, address: str | None) -> None:
        """Remember when and from where it was used last, at most once a minute."""
        if self.last_used_at is None or self.last_used_at < now - self.NOTED_AFTER:
            self.last_used_at, self.last_used_from = now, address
            self.save(update_fields=["last_used_at", "last_used_from"])


class KeptAnswer(models.Model):
    """The answer to a person's request that carried an Idempotency-Key; whoever repeats it gets this one."""

    KEPT_FOR: ClassVar[timedelta] = timedelta(hours=24)

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    key = models.CharField(max_length=200)
    request_hash = models.CharField(max_length=64)  # of method, path and body
    status = models.PositiveSmallIntegerField(null=True)
    body = models.TextField(blank=True)
    made_at = models.DateTimeField(db_default=Now(), db_index=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "key"], name="one_answer_per_person_and_key")]

    def __str__(self) -> str:
        return f"{self.key} of person {self.person_id}"
