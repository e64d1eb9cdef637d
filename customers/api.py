"""Customers for programs: read-only, only those the token's person may see."""

from typing import Any, cast

import django_filters
from django.utils import timezone
from rest_framework import serializers
from rest_framework.viewsets import ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import visible_customers
from customers.models import CloudChoice, Customer, State
from customers.models.customer import CustomerQuerySet
from customers.queries import with_health_at

STATE_CHOICES = [(state.name, state.name) for state in State]


class StateField(serializers.ChoiceField):
    """A State by its name: INCIDENT, DEGRADED, UNKNOWN or HEALTHY."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=STATE_CHOICES, **options)

    def to_representation(self, value: Any) -> str:
        return State(value).name


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    health = StateField(source="health_now", help_text="UNKNOWN also where the last reading is too old.")
    unknown_because = serializers.CharField(source="unknown_now", help_text="Why it is UNKNOWN, else empty.")
    health_read_at = serializers.DateTimeField(allow_null=True, help_text="When Microsoft's answer was last read.")

    class Meta:
        model = Customer
        fields = (
            *("tenant_id", "name", "domain", "initial_domain", "cloud", "tags", "source", "created_at", "gone_at"),
            *("health", "unknown_because", "health_since", "health_read_at", "open_incidents", "open_advisories"),
        )
        read_only_fields = fields


class CustomerFilter(django_filters.FilterSet):
    name = django_filters.CharFilter(lookup_expr="icontains", label="part of the name")
    cloud = django_filters.ChoiceFilter(choices=CloudChoice.choices)
    tag = django_filters.CharFilter(method="with_tag", label="one tag")
    health = django_filters.ChoiceFilter(choices=STATE_CHOICES, method="with_health", label="of current customers")
    gone = django_filters.BooleanFilter(field_name="gone_at", lookup_expr="isnull", exclude=True)

    def with_tag(self, customers: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return customers.filter(tags__contains=[value])

    def with_health(self, customers: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return customers.current().filter(health_now=State[value])  # type: ignore[misc]  # annotated


class CustomerViewSet(ReadOnlyModelViewSet[Customer]):
    """Customers with their health as it is known now."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = CustomerSerializer
    pagination_class = Paging
    filterset_class = CustomerFilter
    lookup_field = "tenant_id"
    lookup_value_regex = "[0-9a-f-]{36}"
    queryset = Customer.objects.none()  # for the schema; get_queryset decides

    def get_queryset(self) -> CustomerQuerySet:
        return with_health_at(visible_customers(cast(User, self.request.user)), now=timezone.now())
