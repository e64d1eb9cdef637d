"""Downtimes of each month and their claims for programs: read-only, of the customers the token's person may see."""

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.api import GroupFilterSet
from customers.models import CloudChoice
from health.downtime.queries import STANDINGS, standing_of, sum_stored, visible_downtimes, with_standing
from health.models import Claim, Downtime


class ClaimSerializer(serializers.ModelSerializer[Claim]):
    class Meta:
        model = Claim
        fields = ("number", "claimed_on", "outcome", "amount", "note", "decided_at")
        read_only_fields = fields


class DowntimeSerializer(serializers.ModelSerializer[Downtime]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    cloud = serializers.CharField(source="customer.cloud")
    service = serializers.CharField(source="service.name")
    service_id = serializers.CharField(source="service.microsoft_id")
    month = serializers.DateField(help_text="The first day of the month, which is that of UTC.")
    availability_percent = serializers.SerializerMethodField(
        help_text="Of the known time; rounded down. Null where nothing is known."
    )
    promised_percent = serializers.FloatField(source="service.promised_percent")
    standing = serializers.SerializerMethodField()
    claim = ClaimSerializer(read_only=True, allow_null=True, default=None)

    def get_availability_percent(self, downtime: Downtime) -> float | None:
        return sum_stored(downtime).availability

    def get_standing(self, downtime: Downtime) -> str:
        return standing_of(downtime)

    class Meta:
        model = Downtime
        fields = (
            *("id", "tenant_id", "customer", "cloud", "service", "service_id", "month"),
            *("incident_seconds", "degraded_seconds", "healthy_seconds", "unknown_seconds"),
            *("availability_percent", "promised_percent", "standing", "claim"),
        )
        read_only_fields = fields


class DowntimeFilterSet(GroupFilterSet):
    month = django_filters.DateFilter(label="the first day of a month of UTC")
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    service = django_filters.CharFilter(field_name="service__name", lookup_expr="iexact", label="the service's name")
    cloud = django_filters.ChoiceFilter(field_name="customer__cloud", choices=CloudChoice.choices)
    standing = django_filters.ChoiceFilter(choices=list(STANDINGS.items()), method="that_stand")

    def that_stand(self, downtimes: QuerySet[Any], name: str, value: str) -> QuerySet[Any]:
        return downtimes.filter(with_standing(value))


class DowntimeViewSet(ListModelMixin, GenericViewSet[Downtime]):
    """Months in which a service had an incident or a degradation at a customer; others have no row."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = DowntimeSerializer
    pagination_class = Paging
    filterset_class = DowntimeFilterSet
    queryset = Downtime.objects.none()

    def get_queryset(self) -> QuerySet[Any]:
        return visible_downtimes(cast(User, self.request.user))
