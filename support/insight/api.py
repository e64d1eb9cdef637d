"""Insight for programs: what would help whom, with the numbers of the tickets behind it."""

from typing import Any, cast

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.keyset import page_of
from support.insight.queries import ORDER, InsightFilter, sentence_of
from support.models import Habit

_NAMES = ("help", "kind", "customer", "group", "not_group", "page")
_PARAMETERS = [OpenApiParameter(name, str, description="As in the address of the page.") for name in _NAMES]


class HabitSerializer(serializers.ModelSerializer[Habit]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    service = serializers.CharField(source="service.name", default="")
    sentence = serializers.SerializerMethodField(help_text="What would help, in the language of the request.")

    class Meta:
        model = Habit
        fields = (
            *("tenant_id", "customer", "service", "kind", "word", "count", "reopened", "known", "numbers"),
            *("rate", "similar_rate", "similar", "excess", "help", "advice", "sentence"),
        )
        read_only_fields = fields
        extra_kwargs = {
            "word": {"help_text": "Empty for everything asked of this service and kind."},
            "rate": {"help_text": "Tickets of 90 days per 100 seats; null where the seats are not known."},
            "similar_rate": {"help_text": "The same of similar customers; null where fewer than five are."},
        }

    def get_sentence(self, habit: Habit) -> str:
        return str(sentence_of(habit))


@extend_schema_serializer(many=False)
class HabitListSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(help_text="Give it as `page` to get the page after this one; empty on the last.")
    results = HabitSerializer(many=True)


class InsightViewSet(GenericViewSet[Habit]):
    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = HabitSerializer
    pagination_class = None
    queryset = Habit.objects.none()

    @extend_schema(parameters=_PARAMETERS, responses=HabitListSerializer)
    def list(self, request: Request) -> Response:
        user = cast(User, request.user)
        rows = InsightFilter.from_query(request.query_params, user=user).rows(user)
        page = page_of(rows, order=ORDER, mark=request.query_params.get("page", ""))
        return Response(HabitListSerializer({"next": page.next_page_number, "results": page.rows}).data)
