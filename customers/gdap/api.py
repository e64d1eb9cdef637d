"""Delegated admin relationships for programs: those of customers that the token's person may see."""

from typing import Any, cast
from uuid import UUID

import django_filters
from django.db.models import OuterRef, Prefetch, Q, QuerySet, Subquery
from django.utils.functional import SimpleLazyObject
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.api import GroupFilterSet
from customers.gdap.queries import visible_relationships
from customers.gdap.rows import privileged_names, role_names
from customers.models import AccessAssignment, AdminRole, Connection, Relationship, SecurityGroup
from customers.models.relationship import NO_EXTENSION


class RoleSerializer(serializers.Serializer[AdminRole]):
    """A role of Microsoft Entra by its template ID; the name is empty where we know none."""

    id = serializers.UUIDField()
    name = serializers.CharField(allow_blank=True)
    privileged = serializers.BooleanField(help_text="Whether Microsoft's documentation calls it so.")


class RolesField(serializers.ListField):
    """The ids of roles, each with its name."""

    child = RoleSerializer()

    def to_representation(self, ids: list[UUID]) -> list[dict[str, Any]]:
        names = self.context["role_names"]
        strong = self.context["privileged"]
        return [{"id": str(one), "name": names.get(one, ""), "privileged": names.get(one) in strong} for one in ids]


class AssignmentSerializer(serializers.ModelSerializer[AccessAssignment]):
    id = serializers.CharField(source="microsoft_id")
    group = serializers.CharField(source="group_name", help_text="Its name, empty where we have not read it.")
    roles = RolesField(source="role_ids")

    class Meta:
        model = AccessAssignment
        fields = ("id", "group_id", "group", "status", "roles", "created_at", "modified_at", "gone_at")
        read_only_fields = fields


class RelationshipSerializer(serializers.ModelSerializer[Relationship]):
    tenant_id = serializers.UUIDField(source="customer_tenant_id", allow_null=True)
    customer = serializers.CharField(source="customer_name", allow_blank=True)
    connection = serializers.UUIDField(source="connection_id")
    roles = RolesField(source="role_ids")
    auto_extends = serializers.BooleanField()
    template = serializers.CharField(allow_null=True, help_text="The name of the role template, if it has one.")
    assignments = AssignmentSerializer(many=True)

    class Meta:
        model = Relationship
        fields = (
            *("id", "microsoft_id", "name", "status", "tenant_id", "customer", "connection", "roles"),
            *("duration", "auto_extends", "auto_extend_duration", "created_at", "activated_at", "ends_at"),
            *("modified_at", "template", "reference", "first_seen_at", "gone_at", "parts_read_at", "assignments"),
        )
        read_only_fields = fields


class RelationshipFilter(GroupFilterSet):
    status = django_filters.CharFilter(label="as Microsoft words it, as in approvalPending")
    tenant_id = django_filters.UUIDFilter(field_name="customer_tenant_id")
    connection = django_filters.ModelChoiceFilter(queryset=Connection.objects.all())
    ends_after = django_filters.IsoDateTimeFilter(field_name="ends_at", lookup_expr="gte")
    ends_before = django_filters.IsoDateTimeFilter(field_name="ends_at", lookup_expr="lt")
    auto_extends = django_filters.BooleanFilter(method="that_extend")
    role = django_filters.UUIDFilter(method="with_role", label="the template ID of a role that is in it")
    gone = django_filters.BooleanFilter(
        field_name="gone_at", lookup_expr="isnull", exclude=True, label="no longer reported by Microsoft"
    )

    def that_extend(self, rows: QuerySet[Relationship], name: str, value: bool) -> QuerySet[Relationship]:
        never = Q(auto_extend_duration__in=NO_EXTENSION)
        return rows.filter(~never if value else never)

    def with_role(self, rows: QuerySet[Relationship], name: str, value: UUID) -> QuerySet[Relationship]:
        return rows.filter(role_ids__contains=[value])


class RelationshipViewSet(ReadOnlyModelViewSet[Relationship]):
    """What customers granted, which of our groups holds which of its roles, and until when."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = RelationshipSerializer
    pagination_class = Paging
    filterset_class = RelationshipFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Relationship.objects.none()

    def get_queryset(self) -> QuerySet[Relationship]:
        rows = visible_relationships(cast(User, self.request.user)).select_related("template")
        return rows.prefetch_related(Prefetch("assignments", queryset=_with_names()))

    def get_serializer_context(self) -> dict[str, Any]:
        told = {"role_names": SimpleLazyObject(role_names), "privileged": SimpleLazyObject(privileged_names)}
        return {**super().get_serializer_context(), **told}


def _with_names() -> QuerySet[Any]:
    """Assignments with the names of their groups."""
    groups = SecurityGroup.objects.filter(
        connection=OuterRef("relationship__connection"), group_id=OuterRef("group_id")
    )
    return AccessAssignment.objects.annotate(group_name=Subquery(groups.values("name")[:1])).order_by("pk")
