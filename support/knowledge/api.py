"""Runbooks for programs: read-only, page by page."""

from typing import Any

from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.rights import Capability
from csp_portal.keyset import page_of
from support.knowledge.filters import RunbookFilter
from support.knowledge.writing import judged
from support.models import Runbook

_NAMES = ("q", "family", "service", "retired", "page")
_PARAMETERS = [OpenApiParameter(name, str, description="As in the address of the page.") for name in _NAMES]


class RunbookSerializer(serializers.ModelSerializer[Runbook]):
    helped = serializers.IntegerField(source="times_helped")
    did_not_help = serializers.IntegerField(source="times_not")
    open_wishes = serializers.IntegerField()

    class Meta:
        model = Runbook
        fields = (
            *("id", "title", "family", "service_name", "kind", "words", "steps", "language", "version"),
            *("updated_at", "retired_at", "helped", "did_not_help", "open_wishes"),
        )
        read_only_fields = fields
        extra_kwargs = {"steps": {"help_text": "Markdown."}}


@extend_schema_serializer(many=False)
class RunbookListSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(help_text="Give it as `page` to get the page after this one; empty on the last.")
    results = RunbookSerializer(many=True)


class RunbookViewSet(GenericViewSet[Runbook]):
    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = RunbookSerializer
    lookup_value_regex = "[0-9]{1,9}"
    pagination_class = None
    queryset = Runbook.objects.none()

    @extend_schema(parameters=_PARAMETERS, responses=RunbookListSerializer)
    def list(self, request: Request) -> Response:
        rows = RunbookFilter.from_query(request.query_params).apply()
        page = page_of(rows, order=("title", "id"), mark=request.query_params.get("page", ""))
        return Response(RunbookListSerializer({"next": page.next_page_number, "results": page.rows}).data)

    @extend_schema(responses=RunbookSerializer)
    def retrieve(self, request: Request, pk: str) -> Response:
        return Response(RunbookSerializer(get_object_or_404(judged(Runbook.objects.all()), pk=pk)).data)
