"""The forecast of access that ends for programs: read-only, of the customers the token's person may see."""

from typing import Any, cast

from django.db.models import QuerySet
from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.api import GroupFilterSet
from customers.gdap.forecast import reckon_forecast
from customers.gdap.queries import visible_relationships
from customers.models import Relationship


class AccessWeekSerializer(serializers.Serializer[Any]):
    begins_on = serializers.DateField(help_text="A Monday, in the portal's time zone.")
    ends = serializers.IntegerField(help_text="Customers whose access ends for good, without those of `barred`.")
    barred = serializers.IntegerField(help_text="Customers whose access ends, for Global Administrator bars extension.")
    extends = serializers.IntegerField(help_text="Customers whose access extends by itself.")
    lapses = serializers.IntegerField(help_text="Invitations that lapse without an answer.")
    start_by = serializers.DateField(
        allow_null=True,
        help_text="When to invite anew: the Monday less the median time that customers take to accept. "
        "Null where nothing is lost, or fewer than five ever accepted.",
    )


class AccessForecastViewSet(GenericViewSet[Relationship]):
    """The week that runs and the 24 months after it; every week is there, also where nothing ends."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = AccessWeekSerializer
    pagination_class = None
    filterset_class = GroupFilterSet
    queryset = Relationship.objects.none()

    def get_queryset(self) -> QuerySet[Any]:
        return visible_relationships(cast(User, self.request.user))

    @extend_schema(responses=AccessWeekSerializer(many=True))
    def list(self, request: Request) -> Response:
        forecast = reckon_forecast(self.filter_queryset(self.get_queryset()), now=timezone.now())
        return Response(AccessWeekSerializer(forecast.weeks, many=True).data)
