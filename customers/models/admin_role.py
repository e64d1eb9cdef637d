"""Microsoft Entra's built-in roles, and templates that say which of our groups gets which of them."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.connection import Connection
from customers.models.security_group import SecurityGroup

GLOBAL_ADMINISTRATOR = "62e90394-69f5-4237-9190-012177145e10"  # reference 2.7; it bars a relationship's extension


class AdminRole(models.Model):
    """A built-in role by its template ID, which is the same in every tenant; custom roles can't be delegated."""

    id = models.UUIDField(_("role template ID"), primary_key=True)
    name = models.CharField(_("name"), max_length=120)
    description = models.TextField(_("description"), blank=True)
    is_privileged = models.BooleanField(_("privileged"), default=False)
    read_at = models.DateTimeField(null=True, blank=True)  # from Microsoft; null for what came with the portal

    objects: ClassVar[models.Manager["AdminRole"]]

    def __str__(self) -> str:
        return self.name


class RoleTemplate(models.Model):
    """Roles and the groups that get them, as new relationships through this connection are to have them."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="role_templates", db_index=False)
    name = models.CharField(_("name"), max_length=100)
    description = models.TextField(_("description"), blank=True)
    duration_days = models.PositiveSmallIntegerField(_("duration in days"), default=730)
    auto_extends = models.BooleanField(_("extends by itself"), default=True)
    created_at = models.DateTimeField(db_default=Now())
    checked_at = models.DateTimeField(null=True, blank=True)  # when relationships were last held against it

    objects: ClassVar[models.Manager["RoleTemplate"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "name"], name="one_role_template_per_name")]

    def __str__(self) -> str:
        return self.name


class TemplateRole(models.Model):
    """One role of a template and one of the groups that get it; without a group the role is only asked for."""

    template = models.ForeignKey(RoleTemplate, on_delete=models.CASCADE, related_name="roles", db_index=False)
    role = models.ForeignKey(AdminRole, on_delete=models.PROTECT, related_name="+")
    group = models.ForeignKey(SecurityGroup, on_delete=models.PROTECT, null=True, blank=True, related_name="+")

    objects: ClassVar[models.Manager["TemplateRole"]]

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["template", "role", "group"], name="one_group_per_role_and_template", nulls_distinct=False
            )
        ]

    def __str__(self) -> str:
        return f"Role {self.role_id} of template {self.template_id}"
