"""Signed links for programs: read-only, and never the link itself, which nobody can learn again."""

from typing import cast

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from health.models import Share
from health.shares.keeping import visible_shares


class ShareSerializer(serializers.ModelSerializer[Share]):
    group = serializers.CharField(source="group.name", default="")
    tenant_id = serializers.UUIDField(source="customer.tenant_id", default=None, allow_null=True)
    customer = serializers.CharField(source="customer.name", default="")
    made_by = serializers.CharField(source="made_by.name")

    class Meta:
        model = Share
        fields = (
            *("id", "kind", "name", "group", "tenant_id", "customer", "language", "made_by", "made_at"),
            *("expires_at", "revoked_at", "used_at"),
        )
        read_only_fields = fields


class ShareFilter(django_filters.FilterSet):
    kind = django_filters.ChoiceFilter(choices=Share.Kind.choices)
    revoked = django_filters.BooleanFilter(field_name="revoked_at", lookup_expr="isnull", exclude=True)


class ShareViewSet(ReadOnlyModelViewSet[Share]):
    """One's own links; owners see everybody's. Reading them asks for the right to make them."""

    capability = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = ShareSerializer
    pagination_class = Paging
    filterset_class = ShareFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Share.objects.none()

    def get_queryset(self) -> QuerySet[Share]:
        return visible_shares(cast(User, self.request.user))
