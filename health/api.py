"""Issues, exposures and service states for programs: only what hits customers the token's person may see."""

from datetime import UTC, datetime, timedelta
from typing import Any, cast
from uuid import UUID

import django_filters
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.http import Http404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.keyset import page_of
from customers.access import get_customer
from customers.api import STATE_CHOICES, GroupFilterSet, StateField
from customers.group_filter import GroupFilter
from customers.models import CloudChoice, Customer, State
from health.calls import ORDER, calls_to_make, lines_of, note_call, take_back_call
from health.calls_api import CallListSerializer, CallNoteSerializer
from health.models import Exposure, Issue, IssueQuerySet, Post, Review, ServiceState
from health.queries import hitting, visible_exposures, visible_issues, visible_service_states
from health.sanitize import cleaned_again

TENANT = OpenApiParameter("tenant_id", OpenApiTypes.UUID, OpenApiParameter.PATH)
PAGE = OpenApiParameter("page", OpenApiTypes.STR, description="The `next` of the page before.")


class PostSerializer(serializers.ModelSerializer[Post]):
    html = serializers.SerializerMethodField()

    def get_html(self, post: Post) -> str:
        return cleaned_again(post.html)

    class Meta:
        model = Post
        fields = ("posted_at", "kind_raw", "html", "first_seen_at")
        read_only_fields = fields


class IssueSerializer(serializers.ModelSerializer[Issue]):
    id = serializers.CharField(
        source="microsoft_id", help_text="Microsoft's id, the same in every tenant of the cloud."
    )
    state = StateField()
    exposed_customers = serializers.IntegerField(source="hit_customers", help_text="Customers exposed now.")

    class Meta:
        model = Issue
        fields = (
            *(
                "id",
                "cloud",
                "title",
                "service_name",
                "feature",
                "feature_group",
                "classification",
                "classification_raw",
            ),
            *("status", "status_raw", "state", "impact", "is_resolved", "started_at", "ended_at", "last_modified_at"),
            *("first_seen_at", "exposed_customers"),
        )
        read_only_fields = fields


class ReviewSerializer(serializers.ModelSerializer[Review]):
    why = serializers.CharField(read_only=True, help_text="What keeps it from being here, in words.")
    due_at = serializers.DateTimeField(read_only=True, help_text="When it is tried next, as long as it is waiting.")
    name = serializers.CharField(source="attachment.name", default="")
    size = serializers.IntegerField(source="attachment.size", default=None, allow_null=True, help_text="Bytes.")
    sha256 = serializers.CharField(source="attachment.sha256", default="")

    class Meta:
        model = Review
        fields = ("state", "seen_at", "fetched_at", "why", "due_at", "name", "size", "sha256")
        read_only_fields = fields


class IssueWithPostsSerializer(IssueSerializer):
    posts = PostSerializer(many=True, read_only=True, help_text="Newest first; the HTML is sanitized.")
    review = ReviewSerializer(
        read_only=True, allow_null=True, default=None, help_text="Microsoft's post-incident review, once published."
    )

    class Meta:
        model = Issue
        fields = (*IssueSerializer.Meta.fields, "posts", "review")
        read_only_fields = fields


class ExposureSerializer(serializers.ModelSerializer[Exposure]):
    issue = serializers.CharField(source="issue.microsoft_id")
    cloud = serializers.CharField(source="issue.cloud")
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    last_seen_at = serializers.DateTimeField(source="seen_at", help_text="An open exposure: the last good reading.")

    class Meta:
        model = Exposure
        fields = ("issue", "cloud", "tenant_id", "customer", "first_seen_at", "last_seen_at", "cleared_at")
        read_only_fields = fields


class ServiceStateSerializer(serializers.ModelSerializer[ServiceState]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    service = serializers.CharField(source="service.name")
    service_id = serializers.CharField(source="service.microsoft_id")
    cloud = serializers.CharField(source="service.cloud")
    state = StateField(source="state_now", help_text="UNKNOWN also where the last reading is too old.")
    unknown_because = serializers.CharField(source="unknown_now")
    read_at = serializers.DateTimeField(allow_null=True)

    class Meta:
        model = ServiceState
        fields = (
            *("tenant_id", "customer", "service", "service_id", "cloud", "state", "status", "status_raw", "since"),
            *("unknown_because", "missing_since", "read_at"),
        )
        read_only_fields = fields


def _is_in_the_calendar(moment: datetime) -> None:
    """No clock is more than 14 hours from UTC; PostgreSQL fails on 16, Python on the calendar's first and last day."""
    offset = moment.utcoffset() or timedelta()
    try:
        moment.astimezone(UTC)
    except OverflowError:
        offset = timedelta.max
    if abs(offset) > timedelta(hours=14):
        raise ValidationError(_("This moment lies outside of the calendar."))


class IssueFilter(GroupFilterSet):
    """`group` and `not_group` leave the issues that hit one of those customers now, or once did."""

    cloud = django_filters.ChoiceFilter(choices=CloudChoice.choices)
    classification = django_filters.ChoiceFilter(choices=Issue.Classification.choices)
    status = django_filters.ChoiceFilter(choices=Issue.Status.choices)
    is_resolved = django_filters.BooleanFilter(
        label="what Microsoft said; an issue that left its list without an end stays false and hits no customer"
    )
    service = django_filters.CharFilter(field_name="service_name", lookup_expr="iexact", label="the service's name")
    started_after = django_filters.IsoDateTimeFilter(
        field_name="started_at", lookup_expr="gte", validators=[_is_in_the_calendar]
    )

    def narrowed(self, rows: QuerySet[Any], groups: GroupFilter, *, user: User) -> QuerySet[Any]:
        return hitting(cast(IssueQuerySet, rows), groups=groups, user=user, only_now=False)


class ExposureFilter(GroupFilterSet):
    issue = django_filters.CharFilter(field_name="issue__microsoft_id", label="Microsoft's id of the issue")
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    open = django_filters.BooleanFilter(method="that_is_open", label="hits a current customer now")

    def that_is_open(self, exposures: QuerySet[Exposure], name: str, value: bool) -> QuerySet[Exposure]:
        is_open = Q(cleared_at__isnull=True, customer__gone_at__isnull=True)
        return exposures.filter(is_open if value else ~is_open)


class ServiceStateFilter(GroupFilterSet):
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    service = django_filters.CharFilter(field_name="service__name", lookup_expr="iexact", label="the service's name")
    state = django_filters.ChoiceFilter(choices=STATE_CHOICES, method="with_state", label="of current customers")

    def with_state(self, states: QuerySet[ServiceState], name: str, value: str) -> QuerySet[ServiceState]:
        return states.filter(state_now=State[value], customer__gone_at__isnull=True)  # type: ignore[misc]  # annotated


class IssueViewSet(ReadOnlyModelViewSet[Issue]):
    """Microsoft's incidents and advisories that hit, or have hit, our customers; one with its posts."""

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = IssueSerializer
    pagination_class = Paging
    filterset_class = IssueFilter
    lookup_field = "microsoft_id"
    lookup_value_regex = r"[^/]+/[^/]+"
    queryset = Issue.objects.none()

    def get_queryset(self) -> QuerySet[Issue]:
        return visible_issues(cast(User, self.request.user))

    def get_serializer_class(self) -> type[IssueSerializer]:
        return IssueWithPostsSerializer if self.action == "retrieve" else IssueSerializer

    def get_object(self) -> Issue:
        cloud, _slash, microsoft_id = self.kwargs["microsoft_id"].partition("/")
        newest_first = Prefetch("posts", Post.objects.order_by("-posted_at", "-id"))
        return get_object_or_404(
            self.get_queryset().prefetch_related(newest_first), cloud=cloud, microsoft_id=microsoft_id
        )

    @extend_schema(responses=CallListSerializer, parameters=[PAGE], filters=False)
    @action(detail=True, pagination_class=None)
    def calls(self, request: Request, microsoft_id: str) -> Response:
        """Whom to call about the issue, in which order and why."""
        user, issue = cast(User, request.user), self.get_object()
        rows = calls_to_make(user, issue, now=timezone.now())
        page = page_of(rows, order=ORDER, mark=request.query_params.get("page", ""))
        shown = {"next": page.next_page_number, "results": lines_of(issue, page.rows)}
        return Response(CallListSerializer(shown).data)

    @extend_schema(request=CallNoteSerializer, responses={204: None}, parameters=[TENANT])
    @action(detail=True, methods=["put"], url_path=r"calls/(?P<tenant_id>[0-9a-f-]{36})", url_name="call")
    def note_call(self, request: Request, microsoft_id: str, tenant_id: str) -> Response:
        """Note that the customer was called about the issue; a second call replaces the note."""
        user, issue = cast(User, request.user), self.get_object()
        said = CallNoteSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        note = " ".join(said.validated_data["note"].split())
        note_call(issue, _customer(user, tenant_id), note=note, by=user, now=timezone.now())
        return Response(status=204)

    @extend_schema(responses={204: None}, parameters=[TENANT])
    @note_call.mapping.delete
    def take_call_back(self, request: Request, microsoft_id: str, tenant_id: str) -> Response:
        """The customer is to be called again."""
        user, issue = cast(User, request.user), self.get_object()
        take_back_call(issue, _customer(user, tenant_id), by=user)
        return Response(status=204)


def _customer(user: User, tenant_id: str) -> Customer:
    try:
        return get_customer(user, UUID(tenant_id))
    except ValueError as error:
        raise Http404(str(error)) from error


class ExposureViewSet(ListModelMixin, GenericViewSet[Exposure]):
    """Which issue hits which customer: first seen, last seen, cleared."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = ExposureSerializer
    pagination_class = Paging
    filterset_class = ExposureFilter
    queryset = Exposure.objects.none()

    def get_queryset(self) -> QuerySet[Exposure]:
        return visible_exposures(cast(User, self.request.user), now=timezone.now())


class ServiceStateViewSet(ListModelMixin, GenericViewSet[ServiceState]):
    """How each service is at each customer, as the last reading said."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = ServiceStateSerializer
    pagination_class = Paging
    filterset_class = ServiceStateFilter
    queryset = ServiceState.objects.none()

    def get_queryset(self) -> QuerySet[ServiceState]:
        return visible_service_states(cast(User, self.request.user), now=timezone.now())
