"""Who works here: people, what they are known by, and their role."""

from datetime import datetime, timedelta
from typing import Any, ClassVar
from uuid import UUID

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.postgres.fields import ArrayField
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.api_models import ApiToken, KeptAnswer

__all__ = ["SEE_EVERYONE", "ApiToken", "KeptAnswer", "Role", "User", "UserManager"]


class Role(models.TextChoices):
    """What a person is here for; `accounts.rights` says what each may do."""

    NONE = "NONE", _("No access yet")
    VIEWER = "VIEWER", _("Viewer")
    SUPPORT_AGENT = "SUPPORT_AGENT", _("Support agent")
    ACCESS_ADMIN = "ACCESS_ADMIN", _("Access admin")
    AUDITOR = "AUDITOR", _("Auditor")
    OWNER = "OWNER", _("Owner")


class RoleFrom(models.TextChoices):
    """Who gave a person their role: what the directory gave it may take back."""

    OWNER = "OWNER", _("an owner")
    DIRECTORY = "DIRECTORY", _("the directory")


# Their work is about all customers at once: settings and the audit name each of them.
SEE_EVERYONE = (Role.AUDITOR, Role.OWNER)
# Roles that count only in a session with a passkey or with more than a password at Microsoft.
NEEDS_STRONG_PROOF = (Role.ACCESS_ADMIN, Role.OWNER)
STALE_AFTER = timedelta(days=45)


class UserManager(BaseUserManager["User"]):
    def create_local(self, email: str, *, name: str, role: Role, password: str) -> "User":
        """A person who signs in with a password; the address is their sign-in name."""
        user = self.model(email=email.strip().lower(), name=name, role=role)
        user.set_password(password)
        user.save(using=self._db)
        return user

    def create_from_microsoft(
        self, *, tenant_id: UUID, object_id: UUID, name: str, mail: str, role: Role = Role.NONE
    ) -> "User":
        """A person of a partner tenant; (tenant id, object id) is the identity, the mail address only display text."""
        user = self.model(
            microsoft_tenant_id=tenant_id, microsoft_object_id=object_id, name=name, microsoft_mail=mail, role=role
        )
        user.set_unusable_password()
        user.save(using=self._db)
        return user

    def stale(self, *, now: datetime) -> models.QuerySet["User"]:
        """Who may sign in and has not done so for STALE_AFTER: somebody should ask whether they still work here."""
        came = Coalesce("last_login", "created_at")
        return self.alias(came_at=came).filter(is_active=True, came_at__lt=now - STALE_AFTER)

    def get_by_natural_key(self, username: str | None) -> "User":
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser):  # type: ignore[django-manager-missing]  # knox ships no types
    class Theme(models.TextChoices):
        SYSTEM = "SYSTEM", _("Like the system")
        LIGHT = "LIGHT", _("Light")
        DARK = "DARK", _("Dark")

    class Sees(models.TextChoices):
        """Which customers; the groups it speaks of stand in `customers`."""

        ALL = "ALL", _("All customers")
        ONLY = "ONLY", _("Only customers of these groups")
        ALL_EXCEPT = "ALL_EXCEPT", _("All customers except those of these groups")

    email = models.EmailField(_("sign-in address"), unique=True, null=True, blank=True)
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=20, choices=Role.choices, default=Role.NONE)
    role_from = models.CharField(max_length=10, choices=RoleFrom.choices, default=RoleFrom.OWNER)
    sees = models.CharField(_("sees"), max_length=10, choices=Sees.choices, default=Sees.ALL)
    is_active = models.BooleanField(_("may sign in"), default=True)
    microsoft_tenant_id = models.UUIDField(null=True, blank=True)
    microsoft_object_id = models.UUIDField(null=True, blank=True)
    microsoft_mail = models.CharField(max_length=320, blank=True)
    language = models.CharField(max_length=10, blank=True)
    theme = models.CharField(max_length=10, choices=Theme.choices, default=Theme.SYSTEM)
    first_views = models.JSONField(default=dict, blank=True)  # filters that a list opens with, by the name of its view
    created_at = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["name"]

    objects: ClassVar[UserManager] = UserManager()

    # What the person may do in this request at most, where their role asks for a stronger proof than they gave.
    held_to: Role | None = None

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["microsoft_tenant_id", "microsoft_object_id"], name="one_user_per_object_id"
            ),
            models.CheckConstraint(
                name="user_is_known_by_something",
                condition=models.Q(email__isnull=False) | models.Q(microsoft_object_id__isnull=False),
            ),
            models.CheckConstraint(
                name="owners_and_auditors_see_all_customers",
                condition=models.Q(sees="ALL") | ~models.Q(role__in=SEE_EVERYONE),
                violation_error_message=_(
                    "Owners and auditors see all customers: settings and the audit name each of them. "
                    "Give the person another role first."
                ),
            ),
        ]

    def __str__(self) -> str:
        return f"{self.name} ({self.address})"

    @property
    def address(self) -> str:
        """The mail address to show; never an identity."""
        return self.email or self.microsoft_mail

    @property
    def acts_as(self) -> Role:
        """The role that counts in this request."""
        return self.held_to or Role(self.role)

    def get_full_name(self) -> str:
        return self.name

    def keep_preferences(self, **changes: Any) -> None:
        """Save language and theme as chosen by the person."""
        for name, value in changes.items():
            setattr(self, name, value)
        self.save(update_fields=list(changes))


class Session(AbstractBaseSession):
    """A session in a browser; once somebody has signed in, whose it is and where it was seen."""

    person = models.ForeignKey(User, on_delete=models.CASCADE, null=True)
    address = models.GenericIPAddressField(null=True)
    device = models.CharField(max_length=300, blank=True)
    began_at = models.DateTimeField(null=True)
    seen_at = models.DateTimeField(null=True)


class KnownDevice(models.Model):
    """A device and address somebody has signed in from, as a hash; a sign-in from anywhere else is told to them."""

    person = models.ForeignKey(User, on_delete=models.CASCADE)
    mark = models.CharField(max_length=64)
    seen_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["person", "mark"], name="one_known_device_per_mark")]


class Throttle(models.Model):
    """The tries of the last minutes against one account or from one address; written by `accounts.throttle` only."""

    key = models.CharField(max_length=64, primary_key=True)
    tries = ArrayField(models.DateTimeField())
    last_try_at = models.DateTimeField(db_index=True)
    is_allowed = models.BooleanField()


class SetupToken(models.Model):
    """The one-time address with which the first owner is made; only its hash is kept."""

    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
