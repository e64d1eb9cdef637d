"""Our app registration in one Microsoft cloud, with its secrets sealed."""

import uuid
from datetime import datetime
from typing import ClassVar, Self

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MinValueValidator, RegexValidator
from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from csp_portal.microsoft.clouds import CloudName
from csp_portal.sealed import SealedSecrets


class CloudChoice(models.TextChoices):
    GLOBAL = CloudName.GLOBAL.value, _("Global")
    US_GOV = CloudName.US_GOV.value, _("US Government (GCC High)")
    US_GOV_DOD = CloudName.US_GOV_DOD.value, _("US Government (DoD)")
    CHINA = CloudName.CHINA.value, _("China (21Vianet)")
    CUSTOM = CloudName.CUSTOM.value, _("Custom")


class ConnectionQuerySet(models.QuerySet["Connection"]):
    def due_for_import(self) -> Self:
        return self.filter(is_paused=False, customers_due_at__lte=Now())


class Connection(SealedSecrets):
    class AuthModel(models.TextChoices):
        APP_ONLY = "APP_ONLY", _("App-only, consented in each customer tenant")
        SECURE_APP_MODEL = "SECURE_APP_MODEL", _("Secure Application Model, an admin agent's consent")

    id = models.UUIDField(primary_key=True, default=uuid.uuid4, editable=False)
    name = models.CharField(_("name"), max_length=100, unique=True)
    cloud = models.CharField(_("cloud"), max_length=20, choices=CloudChoice.choices)
    partner_tenant_id = models.UUIDField(_("partner tenant ID"))
    client_id = models.UUIDField(_("application (client) ID"))
    auth_model = models.CharField(
        _("how tokens are got"), max_length=20, choices=AuthModel.choices, default=AuthModel.APP_ONLY
    )
    signs_in_staff = models.BooleanField(_("people of this partner tenant may sign in"), default=False)
    authentication_context = models.CharField(
        _("authentication context"),
        max_length=3,
        blank=True,
        validators=[RegexValidator(r"^c[1-9][0-9]?\Z", _("Write the ID of the context as Entra shows it: c1 to c99."))],
        help_text=_(
            "The ID, c1 to c99, of the context in Entra → Conditional Access whose policy requires multifactor "
            "authentication. Microsoft then confirms at each sign-in that it was met."
        ),
    )
    is_paused = models.BooleanField(_("paused"), default=False)
    certificate = models.TextField(_("public certificate (PEM)"), blank=True)
    federated_token_file = models.CharField(_("token file"), max_length=200, blank=True)
    sealed_client_secret = models.TextField(blank=True)
    sealed_private_key = models.TextField(blank=True)
    sealed_refresh_token = models.TextField(blank=True)
    refresh_token_at = models.DateTimeField(null=True, blank=True)
    grant_refused = models.CharField(max_length=500, blank=True)  # why Microsoft calls the refresh token dead
    secret_expires_on = models.DateField(_("the secret ends on"), null=True, blank=True)
    token_epoch = models.PositiveIntegerField(default=0)  # a new one makes every token got before unfindable
    revoked_at = models.DateTimeField(null=True, blank=True)
    requests_per_minute = models.PositiveIntegerField(
        _("requests a minute at most"),
        null=True,
        blank=True,
        validators=[MinValueValidator(60)],
        help_text=_("Of all its customers together. Leave it empty for Microsoft's own limits only."),
    )
    # the import of its customers is a row that becomes due
    customers_due_at = models.DateTimeField(db_default=Now())
    customers_read_at = models.DateTimeField(null=True, blank=True)
    customers_problem = models.CharField(max_length=40, blank=True)
    customers_problem_detail = models.TextField(blank=True)
    # The circuit: open from `circuit_since` on, with one try whenever `circuit_until` is over. While it is closed,
    # `circuit_lost` are the customers that were not reached since anybody was answered; then failures are tries.
    circuit_lost = ArrayField(models.BigIntegerField(), default=list, db_default=[], blank=True)
    circuit_failures = models.PositiveSmallIntegerField(db_default=0, default=0)
    circuit_since = models.DateTimeField(null=True, blank=True)
    circuit_until = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(db_default=Now())

    objects: ClassVar[models.Manager["Connection"]] = ConnectionQuerySet.as_manager()

    def __str__(self) -> str:
        return self.name

    @property
    def token_key(self) -> str:
        """What the tokens of this connection are kept under, from one revocation to the next."""
        return f"{self.pk}.{self.token_epoch}"

    def note_import(self, *, now: datetime, next_at: datetime, problem: str = "", detail: str = "") -> None:
        """Say on the row how the import that began `now` went and when the next one is due.

        Nothing is said where one that began later was stored in the meantime: the row then tells of that one.
        """
        told = {"customers_due_at": next_at, "customers_problem": problem, "customers_problem_detail": detail}
        read = {} if problem else {"customers_read_at": now}
        ours = Connection.objects.filter(pk=self.pk).exclude(customers_read_at__gt=now)
        ours.update(**told, **read)
        self.refresh_from_db(fields=["customers_read_at", *told])
