"""What changed since a moment, for programs: the hand-over without its visits and notes."""

from datetime import timedelta
from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.notices.models import Event
from health.alerts.api import SeverityField
from health.history import moment_of
from health.models import Issue, Suspicion
from health.shifts.changes import Changes, changes_since
from health.shifts.looks import FIRST_TIME, LONGEST
from health.suspicion_words import seen_of

SINCE = OpenApiParameter(
    "since", OpenApiTypes.STR, description="An ISO 8601 moment within the last 31 days; a day ago where it is left out."
)


class ChangedIssueSerializer(serializers.ModelSerializer[Issue]):
    id = serializers.CharField(source="microsoft_id")

    class Meta:
        model = Issue
        fields = ("id", "cloud", "title", "service_name", "status", "is_resolved")
        read_only_fields = fields


class ChangedAlertSerializer(serializers.ModelSerializer[Event]):
    severity = SeverityField()
    title = serializers.CharField(source="facts.title", default="")

    class Meta:
        model = Event
        fields = ("id", "kind", "severity", "title", "first_seen_at")
        read_only_fields = fields


class TurnedUnknownSerializer(serializers.Serializer[Any]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    because = serializers.CharField()


class OpenSuspicionSerializer(serializers.ModelSerializer[Suspicion]):
    service = serializers.CharField(source="service.name")
    seen = serializers.SerializerMethodField()

    class Meta:
        model = Suspicion
        fields = ("id", "service", "seen", "reported_at")
        read_only_fields = fields

    def get_seen(self, suspicion: Suspicion) -> str:
        return seen_of(suspicion)


@extend_schema_serializer(many=False)
class HandoverSerializer(serializers.Serializer[Changes]):
    new_issues = ChangedIssueSerializer(many=True, source="gained")
    ended_issues = ChangedIssueSerializer(many=True, source="ended")
    updated_issues = ChangedIssueSerializer(many=True, source="updated")
    worsened = ChangedAlertSerializer(many=True)
    messages = ChangedAlertSerializer(many=True)
    my_alerts = ChangedAlertSerializer(many=True, source="mine")
    unclaimed_alerts = ChangedAlertSerializer(many=True, source="unclaimed", help_text="The first 20.")
    unclaimed_count = serializers.IntegerField()
    newly_hit = serializers.IntegerField(help_text="Customers that an issue hits now and did not before.")
    cleared = serializers.IntegerField()
    unknown = TurnedUnknownSerializer(many=True, help_text="The first 20.")
    unknown_count = serializers.IntegerField()
    suspicions = OpenSuspicionSerializer(many=True)


class HandoverViewSet(ViewSet):
    """What changed since a moment for the customers that the token's person may see; asking is no visit of theirs."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]

    @extend_schema(parameters=[SINCE], responses=HandoverSerializer, operation_id="handover")
    def list(self, request: Request) -> Response:
        now, said = timezone.now(), request.query_params.get("since", "")
        since = moment_of(said, latest=now) if said else now - FIRST_TIME
        if since is None or since < now - LONGEST - timedelta(minutes=1):
            raise serializers.ValidationError({"since": [_("Write a moment within the last 31 days.")]})
        changes = changes_since(cast(User, request.user), since=since, now=now)
        return Response(HandoverSerializer(changes).data)
