"""A customer's history for programs: availability by service, and what we knew at a moment."""

from typing import Any, cast
from uuid import UUID

from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import get_customer_at
from customers.models import State
from health.history import Knowledge, ServiceHistory, moment_of, read_history, what_we_knew

PERIODS = (30, 60, 90)
_STATES = {state: state.name.lower() for state in State}


class DaySerializer(serializers.Serializer[Any]):
    began_at = serializers.DateTimeField(source="began")
    state = serializers.SerializerMethodField(help_text="The worst known state of the day; unknown where none is.")
    incident_minutes = serializers.IntegerField(source="sum.incident_minutes")
    unknown_percent = serializers.FloatField(source="sum.unknown_percent")

    def get_state(self, day: Any) -> str:
        return _STATES[day.state]


class ServiceHistorySerializer(serializers.Serializer[ServiceHistory]):
    service = serializers.CharField(source="service.name")
    availability = serializers.FloatField(
        source="sum.availability", allow_null=True, help_text="Percent of the known time; null where nothing is known."
    )
    unknown_percent = serializers.FloatField(source="sum.unknown_percent")
    incident_minutes = serializers.IntegerField(source="sum.incident_minutes")
    days = DaySerializer(many=True)


class KnownServiceSerializer(serializers.Serializer[Any]):
    service = serializers.CharField()
    state = serializers.CharField()


class KnowledgeSerializer(serializers.Serializer[Knowledge]):
    at = serializers.DateTimeField()
    services = serializers.SerializerMethodField()
    issues = serializers.SerializerMethodField()

    @extend_schema(responses=KnownServiceSerializer(many=True))
    def get_services(self, known: Knowledge) -> list[dict[str, str]]:
        return [{"service": service.name, "state": _STATES[state]} for service, state in known.states]

    def get_issues(self, known: Knowledge) -> list[str]:
        return [exposure.issue.microsoft_id for exposure in known.exposures]


class HistorySerializer(serializers.Serializer[Any]):
    services = ServiceHistorySerializer(many=True)
    known = KnowledgeSerializer(allow_null=True, help_text="What stood in our books at `at`, where it was asked for.")


class HistoryViewSet(ViewSet):
    """Availability by service over 30, 60 or 90 days; with `at`, what we knew at that moment."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    lookup_field = "tenant_id"

    @extend_schema(
        parameters=[
            OpenApiParameter("tenant_id", OpenApiTypes.UUID, OpenApiParameter.PATH),
            OpenApiParameter("days", OpenApiTypes.INT, enum=PERIODS, description="30 where it is not given."),
            OpenApiParameter(
                "at", OpenApiTypes.DATETIME, description="A moment of the past, as 2026-11-20T14:05+08:00."
            ),
        ],
        responses=HistorySerializer,
    )
    def retrieve(self, request: Request, tenant_id: str) -> Response:
        now, user = timezone.now(), cast(User, request.user)
        try:
            customer = get_customer_at(user, UUID(tenant_id), now=now)
        except ValueError as error:
            raise Http404(str(error)) from error
        asked, text = request.query_params.get("days", "30"), request.query_params.get("at", "")
        if asked not in map(str, PERIODS):
            raise ValidationError({"days": _("Ask for 30, 60 or 90 days.")})
        at = moment_of(text, latest=now)
        if text and at is None:
            raise ValidationError({"at": _("Write a moment of the past, as 2026-11-20T14:05+08:00.")})
        read_at = customer.health_read_at
        found = {
            "services": read_history(customer, days=int(asked), read_at=read_at, now=now),
            "known": what_we_knew(user, customer, at=at, read_at=read_at, now=now) if at else None,
        }
        return Response(HistorySerializer(found).data)
