"""Suspected incidents for programs: read, reported and dismissed, of customers that the token's person may see."""

from typing import Any, cast
from uuid import UUID

import django_filters
from django.db.models import QuerySet
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
from customers.access import visible_customers
from customers.api import IDEMPOTENCY_KEY
from customers.models import CloudChoice
from health.models import Service, Suspicion
from health.suspicion_forms import MOST_CUSTOMERS, SuspicionForm
from health.suspicion_words import seen_of
from health.suspicions import dismiss, report, visible_suspicions


class SuspicionSerializer(serializers.ModelSerializer[Suspicion]):
    service = serializers.CharField(source="service.name")
    cloud = serializers.CharField(source="service.cloud")
    customers = serializers.SlugRelatedField[Any](
        slug_field="tenant_id", many=True, read_only=True, help_text="The tenant IDs of those that you may see."
    )
    seen = serializers.SerializerMethodField()
    reported_by = serializers.CharField(
        source="reported_by.name", default=None, allow_null=True, help_text="Null where tickets raised it."
    )
    issue = serializers.CharField(source="issue.microsoft_id", default=None, allow_null=True)

    class Meta:
        model = Suspicion
        fields = (
            *("id", "service", "cloud", "seen", "customers", "reported_at", "reported_by", "outcome", "ended_at"),
            *("why", "issue", "minutes_ahead"),
        )
        read_only_fields = fields

    def get_seen(self, suspicion: Suspicion) -> str:
        return seen_of(suspicion)


class NewSuspicionSerializer(serializers.Serializer[Suspicion]):
    service = serializers.CharField(max_length=200, help_text="The service's name, as service-states say it.")
    cloud = serializers.ChoiceField(choices=CloudChoice.choices, default=CloudChoice.GLOBAL)
    customers = serializers.ListField(child=serializers.UUIDField(), max_length=MOST_CUSTOMERS, allow_empty=False)
    seen = serializers.CharField(max_length=4000, help_text="Who can't do what, since when, and what you tried.")


class DismissalSerializer(serializers.Serializer[Suspicion]):
    why = serializers.CharField(max_length=300)


class SuspicionFilter(django_filters.FilterSet):
    outcome = django_filters.ChoiceFilter(choices=Suspicion.Outcome.choices)
    tenant_id = django_filters.UUIDFilter(method="of_customer", label="about this customer")

    def of_customer(self, rows: QuerySet[Suspicion], name: str, value: UUID) -> QuerySet[Suspicion]:
        """A customer that one may not see has none, as one that does not exist."""
        return rows.filter(customers__in=visible_customers(cast(User, self.request.user)).filter(tenant_id=value))


class SuspicionViewSet(ReadOnlyModelViewSet[Suspicion]):
    """What we saw before Microsoft said so; it is merged with Microsoft's issue when that appears."""

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = SuspicionSerializer
    pagination_class = Paging
    filterset_class = SuspicionFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Suspicion.objects.none()

    def get_queryset(self) -> QuerySet[Suspicion]:
        return visible_suspicions(cast(User, self.request.user))

    @extend_schema(request=NewSuspicionSerializer, responses={201: SuspicionSerializer}, parameters=[IDEMPOTENCY_KEY])
    @acts_once
    def create(self, request: Request) -> Response:
        """Report one, as the form does."""
        said, user = NewSuspicionSerializer(data=request.data), cast(User, request.user)
        said.is_valid(raise_exception=True)
        told = said.validated_data
        service = Service.objects.filter(name=told["service"], cloud=told["cloud"]).order_by("pk").first()
        if service is None:
            raise serializers.ValidationError({"service": [_("There is no such service in this cloud.")]})
        lines = "\n".join(map(str, told["customers"]))
        form = SuspicionForm({"service": service.pk, "customers": lines, "seen": told["seen"]}, user=user)
        if not form.is_valid():
            raise serializers.ValidationError(
                {name: [str(word) for word in words] for name, words in form.errors.items()}
            )
        clean = form.cleaned_data
        made = report(service, seen=clean["seen"], customers=clean["customers"], by=user, now=timezone.now())
        return Response(self.get_serializer(self.get_queryset().get(pk=made.pk)).data, status=201)

    @extend_schema(request=DismissalSerializer, responses=SuspicionSerializer, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def dismiss(self, request: Request, pk: str) -> Response:
        """It was nothing of Microsoft's; one that has ended already stays as it is."""
        suspicion, said = self.get_object(), DismissalSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        dismiss(suspicion, why=said.validated_data["why"], by=cast(User, request.user), now=timezone.now())
        return Response(self.get_serializer(self.get_object()).data)
