"""Which Entra groups of a partner tenant give a role in this portal."""

from typing import ClassVar

from django.db import models
from django.utils.translation import gettext_lazy as _

from csp_portal.accounts.models import Role
from customers.models.connection import Connection

ROLES_TO_GIVE = [(role.value, role.label) for role in reversed(Role) if role != Role.NONE]


class RoleGroup(models.Model):
    """A group is known by its object ID; the name is for people and may be out of date."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="role_groups", db_index=False)
    group_id = models.UUIDField(_("object ID of the group"))
    name = models.CharField(_("name"), max_length=200)
    role = models.CharField(_("role"), max_length=20, choices=ROLES_TO_GIVE)

    objects: ClassVar[models.Manager["RoleGroup"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "group_id"], name="one_role_per_group")]

    def __str__(self) -> str:
        return self.name
