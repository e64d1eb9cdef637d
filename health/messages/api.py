"""Messages of the message center for programs: what is announced, and which customers it was announced to."""

from typing import Any, cast

from django.db.models import QuerySet
from django.http import QueryDict
from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from health.messages.queries import SHOWS, MessageFilters, sightings_of, visible_messages
from health.models import Message, MessageSighting
from health.sanitize import cleaned_again

_FILTERS = [
    OpenApiParameter("show", OpenApiTypes.STR, enum=SHOWS, description="current, of these action or planned, dropped."),
    OpenApiParameter("service", OpenApiTypes.STR, description="A service by its name."),
    OpenApiParameter("q", OpenApiTypes.STR, description="Words of the title, or Microsoft's id."),
]


class MessageSerializer(serializers.ModelSerializer[Message]):
    id = serializers.CharField(
        source="microsoft_id", help_text="Microsoft's id, the same in every tenant of the cloud."
    )
    key = serializers.IntegerField(source="pk", help_text="Names the message in this API.")
    category = serializers.CharField(help_text="In Microsoft's words, in lower case.")
    severity = serializers.CharField(help_text="In Microsoft's words, in lower case.")
    customers = serializers.IntegerField(help_text="Visible customers that see it now.")

    class Meta:
        model = Message
        fields = (
            *("key", "id", "cloud", "title", "category", "severity", "services", "tags", "is_major", "act_by"),
            *("starts_at", "ends_at", "modified_at", "first_seen_at", "customers"),
        )
        read_only_fields = fields


class WholeMessageSerializer(MessageSerializer):
    html = serializers.SerializerMethodField(help_text="Sanitized.")

    def get_html(self, message: Message) -> str:
        return cleaned_again(message.html)

    class Meta:
        model = Message
        fields = (*MessageSerializer.Meta.fields, "html")
        read_only_fields = fields


class SightingSerializer(serializers.ModelSerializer[MessageSighting]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")

    class Meta:
        model = MessageSighting
        fields = ("tenant_id", "customer", "first_seen_at", "dropped_at")
        read_only_fields = fields


class MessageViewSet(ReadOnlyModelViewSet[Message]):
    """What Microsoft announced to customers that the token's person may see."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    pagination_class = Paging
    lookup_value_regex = "[0-9]{1,9}"
    queryset = Message.objects.none()

    def get_queryset(self) -> QuerySet[Any]:
        if getattr(self, "swagger_fake_view", False):
            return Message.objects.none()
        user, query = cast(User, self.request.user), self.request.GET
        if self.detail:
            query = QueryDict("show=dropped" if self._is_dropped(user) else "")
        return visible_messages(user, MessageFilters.from_address(query, user=user), now=timezone.now())

    def get_serializer_class(self) -> type[MessageSerializer]:
        return WholeMessageSerializer if self.detail else MessageSerializer

    @extend_schema(parameters=_FILTERS)
    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        return super().list(request, *args, **kwargs)

    @extend_schema(responses=SightingSerializer(many=True), parameters=[OpenApiParameter("cursor", OpenApiTypes.STR)])
    @action(detail=True)
    def customers(self, request: Request, pk: str) -> Response:
        """The customers that see it, or once saw it."""
        message = get_object_or_404(self.get_queryset(), pk=pk)
        rows = sightings_of(cast(User, request.user)).filter(message=message).select_related("customer")
        paging = Paging()
        page = paging.paginate_queryset(rows, request, view=self)
        return paging.get_paginated_response(SightingSerializer(page, many=True).data)

    def _is_dropped(self, user: User) -> bool:
        theirs = sightings_of(user).filter(message=self.kwargs["pk"])
        return not theirs.filter(dropped_at=None).exists()
