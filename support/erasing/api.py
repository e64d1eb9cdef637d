"""Requests of data subjects for programs: ask for an export, fetch its file, and see how deletions go.

Deleting is not among them: it needs a fresh proof of a person, which no token has.
"""

from typing import Any, cast
from uuid import UUID

from django.http import FileResponse
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import NotFound
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import get_customer
from customers.api import IDEMPOTENCY_KEY
from support.erasing.exports import ask
from support.erasing.views import SHOWN, no_file, served
from support.models import DataDeletion, DataExport


class DataExportSerializer(serializers.ModelSerializer[DataExport]):
    """`made_at` is null while it is being made; the file is kept for a week."""

    person_address = serializers.EmailField(
        required=False,
        allow_blank=True,
        max_length=320,
        help_text="Of this person at the customer alone; empty is everything.",
    )

    class Meta:
        model = DataExport
        fields = ("id", "person_address", "asked_at", "made_at", "rows", "rows_done", "size", "sha256", "problem")
        read_only_fields = ("id", "asked_at", "made_at", "rows", "rows_done", "size", "sha256", "problem")


class DataExportsView(APIView):
    capability = capability_to_write = Capability.EXPORT
    permission_classes = [HasCapability]

    @extend_schema(operation_id="customers_data_exports_list", responses=DataExportSerializer(many=True))
    def get(self, request: Request, tenant_id: UUID) -> Response:
        """Of this customer, the newest first."""
        customer = get_customer(cast(User, request.user), tenant_id)
        rows = DataExport.objects.filter(customer=customer).order_by("-pk")[:SHOWN]
        return Response(DataExportSerializer(rows, many=True).data)

    @extend_schema(
        operation_id="customers_data_exports_create",
        request=DataExportSerializer,
        responses={201: DataExportSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @acts_once
    def post(self, request: Request, tenant_id: UUID) -> Response:
        """Ask for everything about the customer, or about one person there; a worker makes it."""
        user = cast(User, request.user)
        customer = get_customer(user, tenant_id)
        said = DataExportSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        address = said.validated_data.get("person_address", "")
        export = ask(customer, address=address, by=user, now=timezone.now())
        return Response(DataExportSerializer(export).data, status=201)


class DataExportFileView(APIView):
    capability = Capability.EXPORT
    permission_classes = [HasCapability]

    @extend_schema(
        operation_id="customers_data_exports_file", responses={(200, "application/zip"): OpenApiTypes.BINARY}
    )
    def get(self, request: Request, tenant_id: UUID, pk: int) -> FileResponse:
        """The ZIP, once it is made."""
        user = cast(User, request.user)
        rows = DataExport.objects.filter(customer=get_customer(user, tenant_id), made_at__isnull=False)
        export = get_object_or_404(rows, pk=pk)
        if no_file(export):
            raise NotFound
        return served(export, by=user, tenant_id=tenant_id)


class DataDeletionSerializer(serializers.ModelSerializer[DataDeletion]):
    rows_deleted = serializers.IntegerField()
    deleted: Any = serializers.DictField(child=serializers.IntegerField(), help_text="How many, by kind.")

    class Meta:
        model = DataDeletion
        fields = ("id", "tenant_id", "asked_at", "ended_at", "rows", "rows_deleted", "deleted", "problem")
        read_only_fields = fields


class DataDeletionsView(APIView):
    capability = Capability.MANAGE_PORTAL
    permission_classes = [HasCapability]

    @extend_schema(operation_id="data_deletions_list", responses=DataDeletionSerializer(many=True))
    def get(self, request: Request) -> Response:
        """Customers that were deleted with everything about them; each is known by its tenant ID alone."""
        return Response(DataDeletionSerializer(DataDeletion.objects.order_by("-pk")[:SHOWN], many=True).data)
