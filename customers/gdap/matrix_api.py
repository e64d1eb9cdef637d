"""The capability matrix for programs: read-only, only customers that the token's person may see."""

from typing import Any, ClassVar, cast

import django_filters
from django.db.models import QuerySet
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers
from rest_framework.mixins import ListModelMixin, RetrieveModelMixin
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import visible_customers
from customers.api import GroupFilterSet
from customers.gdap.capabilities import JOBS
from customers.gdap.matrix import causes_of, color_of
from customers.gdap.reckon import Cause, Color
from customers.models import Customer

_STATES = [(color.name, color.name) for color in Color]


class CellSerializer(serializers.Serializer[Any]):
    """A capability at a customer."""

    capability = serializers.ChoiceField(choices=[(job.key, job.key) for job in JOBS])
    state = serializers.ChoiceField(choices=_STATES, help_text="GREEN only where every link was seen to hold.")
    broken_link = serializers.ChoiceField(choices=Cause.choices, allow_blank=True, help_text="Empty where GREEN.")


class CapabilitiesSerializer(serializers.ModelSerializer[Customer]):
    capabilities = serializers.SerializerMethodField()
    reckoned_at = serializers.DateTimeField(
        source="reckoning.reckoned_at", default=None, allow_null=True, help_text="Null: not reckoned yet."
    )

    class Meta:
        model = Customer
        fields = ("tenant_id", "name", "capabilities", "reckoned_at")
        read_only_fields = fields

    @extend_schema_field(CellSerializer(many=True))
    def get_capabilities(self, customer: Customer) -> list[dict[str, str]]:
        return [
            {"capability": job, "state": color_of(cause).name, "broken_link": cause}
            for job, cause in causes_of(customer, me=None).items()
        ]


class CapabilitiesFilter(GroupFilterSet):
    customer_column: ClassVar[str] = "pk"
    broken_link = django_filters.ChoiceFilter(choices=Cause.choices, method="with_cause", label="of any capability")

    def with_cause(self, customers: QuerySet[Customer], name: str, value: str) -> QuerySet[Customer]:
        return customers.filter(reckoning__causes__contains=[value])


class CapabilitiesViewSet(ListModelMixin, RetrieveModelMixin, GenericViewSet[Customer]):
    """What we can do at each customer, and which link is missing where we can't."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = CapabilitiesSerializer
    pagination_class = Paging
    filterset_class = CapabilitiesFilter
    lookup_field = "tenant_id"
    lookup_value_regex = "[0-9a-f-]{36}"
    queryset = Customer.objects.none()  # for the schema; get_queryset decides

    def get_queryset(self) -> QuerySet[Customer]:
        return visible_customers(cast(User, self.request.user)).current().select_related("reckoning")
