"""Alerts for programs: read, acknowledged, assigned, snoozed; those about customers that the token's person sees."""

from datetime import datetime, timedelta
from typing import Any, cast

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.notices.kinds import EventKind, Severity
from csp_portal.notices.models import Delivery, Event
from customers.api import IDEMPOTENCY_KEY, GroupFilterSet
from customers.group_filter import GroupFilter
from customers.models import CloudChoice
from health.alerts.acts import acknowledge, assign, snooze, wake
from health.alerts.inbox import people_to_assign
from health.alerts.scope import about_any, visible_events, with_seen

LONGEST_SNOOZE = timedelta(days=7)
SEVERITIES = [(severity.name, severity.name) for severity in Severity]


class SeverityField(serializers.ChoiceField):
    """CRITICAL, WARNING or INFO."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=SEVERITIES, **options)

    def to_representation(self, value: Any) -> str:
        return Severity(value).name


class AlertSerializer(serializers.ModelSerializer[Event]):
    severity = SeverityField()
    title = serializers.CharField(source="facts.title", default="")
    count = serializers.IntegerField(source="seen", help_text="Of an issue: only over customers that you may see.")
    issue = serializers.CharField(source="issue.microsoft_id", default=None, allow_null=True)
    acknowledged_by = serializers.CharField(source="acknowledged_by.name", default=None, allow_null=True)
    assigned_to = serializers.CharField(source="assigned_to.name", default=None, allow_null=True)

    class Meta:
        model = Event
        fields = (
            *("id", "kind", "key", "severity", "is_news", "title", "cloud", "service", "issue", "facts", "count"),
            *("first_seen_at", "last_seen_at", "closed_at", "acknowledged_at", "acknowledged_by", "assigned_to"),
            *("snoozed_until", "snooze_reason"),
        )
        read_only_fields = fields


class DeliverySerializer(serializers.ModelSerializer[Delivery]):
    """Who was told, and how that went; not what, for it may name customers that the reader may not see."""

    target = serializers.CharField(source="target.name")
    way = serializers.CharField(source="target.way")

    class Meta:
        model = Delivery
        fields = ("id", "target", "way", "state", "made_at", "due_at", "tries", "tried_at", "took_ms", "status")
        read_only_fields = fields


class AlertWithDeliveriesSerializer(AlertSerializer):
    deliveries = DeliverySerializer(many=True, read_only=True)

    class Meta:
        model = Event
        fields = (*AlertSerializer.Meta.fields, "deliveries")
        read_only_fields = fields


class AssignSerializer(serializers.Serializer[Event]):
    to = serializers.SlugRelatedField(
        slug_field="email",
        queryset=people_to_assign(),
        allow_null=True,
        help_text="The mail address of a person who may act; null gives it back to nobody.",
    )


class SnoozeSerializer(serializers.Serializer[Event]):
    until = serializers.DateTimeField(help_text="At most seven days from now.")
    reason = serializers.CharField(max_length=300)

    def validate_until(self, until: datetime) -> datetime:
        if not timezone.now() < until <= timezone.now() + LONGEST_SNOOZE:
            raise serializers.ValidationError(_("Choose a moment within the next seven days."))
        return until


class AlertFilter(GroupFilterSet):
    kind = django_filters.ChoiceFilter(choices=EventKind.choices)
    severity = django_filters.ChoiceFilter(choices=SEVERITIES, method="with_severity")
    cloud = django_filters.ChoiceFilter(choices=CloudChoice.choices)
    active = django_filters.BooleanFilter(method="that_is_active", label="lasts, is not over and not snoozed now")

    def with_severity(self, events: QuerySet[Event], name: str, value: str) -> QuerySet[Event]:
        return events.filter(severity=Severity[value])

    def that_is_active(self, events: QuerySet[Any], name: str, value: bool) -> QuerySet[Any]:
        active = Event.objects.active().awake(now=timezone.now()).values("pk")
        return events.filter(pk__in=active) if value else events.exclude(pk__in=active)

    def narrowed(self, rows: QuerySet[Any], groups: GroupFilter, *, user: User) -> QuerySet[Any]:
        return about_any(cast(Any, rows), groups.customers_of(user))


class AlertViewSet(ReadOnlyModelViewSet[Event]):
    """What somebody has to look after, and news; one of them with who was told of it.

    What is done about one that is over, or that is so already, changes nothing.
    """

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = AlertSerializer
    pagination_class = Paging
    filterset_class = AlertFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Event.objects.none()

    def get_queryset(self) -> QuerySet[Event]:
        user = cast(User, self.request.user)
        events = with_seen(visible_events(user), user=user).select_related("issue", "acknowledged_by", "assigned_to")
        told = Delivery.objects.select_related("target").order_by("made_at", "id")
        return events if self.action == "list" else events.prefetch_related(Prefetch("deliveries", told))

    def get_serializer_class(self) -> type[AlertSerializer]:
        return AlertSerializer if self.action == "list" else AlertWithDeliveriesSerializer

    @extend_schema(request=None, responses=AlertWithDeliveriesSerializer, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def acknowledge(self, request: Request, pk: str) -> Response:
        """Say that somebody has seen it."""
        acknowledge([self.get_object().pk], by=cast(User, request.user), now=timezone.now())
        return self._shown()

    @extend_schema(request=AssignSerializer, responses=AlertWithDeliveriesSerializer, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def assign(self, request: Request, pk: str) -> Response:
        """Give it to a person who may see its customers, or back to nobody."""
        event, said = self.get_object(), AssignSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        try:
            assign([event.pk], to=said.validated_data["to"], by=cast(User, request.user), now=timezone.now())
        except ValidationError as error:
            raise serializers.ValidationError({"to": error.messages}) from error
        return self._shown()

    @extend_schema(request=SnoozeSerializer, responses=AlertWithDeliveriesSerializer, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def snooze(self, request: Request, pk: str) -> Response:
        """Out of the active ones until then; it comes back by itself."""
        event, said = self.get_object(), SnoozeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        snooze([event.pk], **said.validated_data, by=cast(User, request.user), now=timezone.now())
        return self._shown()

    @extend_schema(request=None, responses=AlertWithDeliveriesSerializer, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def wake(self, request: Request, pk: str) -> Response:
        """End a snooze before its time."""
        wake([self.get_object().pk], by=cast(User, request.user), now=timezone.now())
        return self._shown()

    def _shown(self) -> Response:
        return Response(self.get_serializer(self.get_object()).data)
