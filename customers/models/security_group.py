"""The partner tenant's security groups that hold, or may get, access to customers, and who is in them."""

from typing import ClassVar

from django.db import models
from django.db.models.functions import Now
from django.utils.translation import gettext_lazy as _

from customers.models.connection import Connection


class SecurityGroup(models.Model):
    """A group by its object ID; one that Microsoft no longer lists stays, with `gone_at`."""

    connection = models.ForeignKey(Connection, on_delete=models.CASCADE, related_name="security_groups", db_index=False)
    group_id = models.UUIDField(_("object ID"))
    name = models.CharField(_("name"), max_length=256, blank=True)
    first_seen_at = models.DateTimeField(db_default=Now())
    last_seen_at = models.DateTimeField(null=True, blank=True)
    members_read_at = models.DateTimeField(null=True, blank=True)
    gone_at = models.DateTimeField(null=True, blank=True)

    objects: ClassVar[models.Manager["SecurityGroup"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["connection", "group_id"], name="one_row_per_security_group")]

    def __str__(self) -> str:
        return self.name or str(self.group_id)


class GroupMember(models.Model):
    """A person who is in a group, directly or through groups in it, by object ID in the partner's tenant."""

    group = models.ForeignKey(SecurityGroup, on_delete=models.CASCADE, related_name="members", db_index=False)
    object_id = models.UUIDField()
    name = models.CharField(max_length=256, blank=True)
    address = models.CharField(max_length=320, blank=True)  # the user principal name

    objects: ClassVar[models.Manager["GroupMember"]]

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "object_id"], name="one_row_per_group_member")]
        indexes = [models.Index(fields=["object_id"], name="group_member_of_person")]

    def __str__(self) -> str:
        return f"{self.name or self.object_id} in group {self.group_id}"
