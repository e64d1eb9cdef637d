"""The desk's report for programs: the figures of the page, with the same filters."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from support.lists.filters import TicketFilter
from support.models import Ticket
from support.reports.charts import charts_of
from support.reports.reckon import Speed, reckon

_PARAMETERS = [
    OpenApiParameter("created_from", str, description="The first day (UTC); four weeks unless told, a year at most."),
    OpenApiParameter("created_until", str, description="The last day (UTC)."),
    *(OpenApiParameter(name, str) for name in ("customer", "group", "not_group", "owner", "queue", "severity")),
    *(OpenApiParameter(name, str) for name in ("family", "kind", "service", "tag")),
]


class SpeedSerializer(serializers.Serializer[Speed]):
    median = serializers.DurationField(allow_null=True)
    ninth = serializers.DurationField(allow_null=True, help_text="Nine of ten were quicker.")


class ReportRowSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    tickets = serializers.IntegerField()
    amount = serializers.FloatField(help_text="Tickets; seconds in the chart `held`.")
    address = serializers.CharField(help_text="The page that lists just these tickets.")


class ReportChartSerializer(serializers.Serializer[Any]):
    key = serializers.CharField()
    title = serializers.CharField()
    rows = ReportRowSerializer(many=True)


@extend_schema_serializer(many=False)
class DeskReportSerializer(serializers.Serializer[Any]):
    first = serializers.DateField(source="figures.period.first")
    last = serializers.DateField(source="figures.period.last")
    opened = serializers.IntegerField(source="figures.opened")
    ended = serializers.IntegerField(source="figures.ended", help_text="Solved once, reopened ones included.")
    reopened = serializers.IntegerField(source="figures.reopened")
    answer = SpeedSerializer(source="figures.answer")
    solution = SpeedSerializer(source="figures.solution")
    charts = ReportChartSerializer(many=True)


class DeskReportViewSet(GenericViewSet[Ticket]):
    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = DeskReportSerializer
    pagination_class = None
    queryset = Ticket.objects.none()

    @extend_schema(parameters=_PARAMETERS, responses=DeskReportSerializer)
    def list(self, request: Request) -> Response:
        user = cast(User, request.user)
        chosen = TicketFilter.from_query(request.query_params, user=user)
        figures = reckon(user, chosen, now=timezone.now())
        return Response(DeskReportSerializer({"figures": figures, "charts": charts_of(figures, chosen)}).data)
