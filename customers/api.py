"""Customers for programs: only those the token's person may see."""

from collections.abc import Mapping
from typing import Any, ClassVar, cast
from uuid import UUID

import django_filters
from django.db.models import Q, QuerySet
from django.utils import timezone
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.idempotency import HEADER, acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import visible_customers, visible_groups
from customers.changes import MOST_TAGS, TagError, keep_tags, parsed_tags
from customers.csv_file import DOMAIN, FileCustomer
from customers.facts import keep_facts
from customers.facts_api import FactsSerializer
from customers.favorites import mark
from customers.file_import import FileRefused
from customers.group_filter import GroupFilter
from customers.models import CloudChoice, Connection, Customer, CustomerGroup, Favorite, State
from customers.models.customer import CustomerQuerySet
from customers.queries import with_health_at
from customers.sources import Listed
from customers.take_in import AlreadyThere, ScopeTooSmall, take_in

IDEMPOTENCY_KEY = OpenApiParameter(
    HEADER, location=OpenApiParameter.HEADER, description="The same key gets the same answer for 24 hours."
)
STATE_CHOICES = [(state.name, state.name) for state in State]


class StateField(serializers.ChoiceField):
    """A State by its name: INCIDENT, DEGRADED, UNKNOWN or HEALTHY."""

    def __init__(self, **options: Any) -> None:
        super().__init__(choices=STATE_CHOICES, **options)

    def to_representation(self, value: Any) -> str:
        return State(value).name


class CustomerSerializer(serializers.ModelSerializer[Customer]):
    health = StateField(source="health_now", help_text="UNKNOWN also where the last reading is too old.")
    unknown_because = serializers.CharField(source="unknown_now", help_text="Why it is UNKNOWN, else empty.")
    health_read_at = serializers.DateTimeField(allow_null=True, help_text="When Microsoft's answer was last read.")

    class Meta:
        model = Customer
        fields = (
            *("tenant_id", "name", "domain", "initial_domain", "cloud", "tags", "source", "created_at", "gone_at"),
            *("health", "unknown_because", "health_since", "health_read_at", "open_incidents", "open_advisories"),
        )
        read_only_fields = fields


# The same straight from the columns, for lists: a serializer costs more than the database.
_COLUMNS = {
    name: {"health": "health_now", "unknown_because": "unknown_now"}.get(name, name)
    for name in CustomerSerializer.Meta.fields
}


def _told(row: Mapping[str, Any]) -> dict[str, Any]:
    said = {name: row[column] for name, column in _COLUMNS.items()}
    said["health"] = State(row["health_now"]).name
    return said


def _known_groups(request: Request | None) -> QuerySet[CustomerGroup]:
    return visible_groups(cast(User, request.user)) if request else CustomerGroup.objects.none()


class GroupFilterSet(django_filters.FilterSet):
    """`group` and `not_group`, each as often as wanted: customers of any of the ones and of none of the others."""

    customer_column: ClassVar[str] = "customer"
    group = django_filters.ModelMultipleChoiceFilter(
        queryset=_known_groups, method="with_the_other", label="in one of these groups (their ids)"
    )
    not_group = django_filters.ModelMultipleChoiceFilter(
        queryset=_known_groups, method="with_the_other", label="in none of these groups (their ids)"
    )

    def with_the_other(self, rows: QuerySet[Any], name: str, value: object) -> QuerySet[Any]:
        """Both speak of one customer, so `filter_queryset` applies them together."""
        return rows

    def filter_queryset(self, rows: QuerySet[Any]) -> QuerySet[Any]:
        found, asked = super().filter_queryset(rows), self.form.cleaned_data
        groups = GroupFilter(inside=tuple(asked["group"]), outside=tuple(asked["not_group"]))
        return self.narrowed(found, groups, user=cast(User, self.request.user)) if groups.is_set else found

    def narrowed(self, rows: QuerySet[Any], groups: GroupFilter, *, user: User) -> QuerySet[Any]:
        return rows.filter(**{f"{self.customer_column}__in": groups.customers_of(user).values("pk")})


class CustomerFilter(GroupFilterSet):
    customer_column = "pk"
    name = django_filters.CharFilter(lookup_expr="icontains", label="part of the name")
    cloud = django_filters.ChoiceFilter(choices=CloudChoice.choices)
    tag = django_filters.CharFilter(method="with_tag", label="one tag")
    health = django_filters.ChoiceFilter(choices=STATE_CHOICES, method="with_health", label="of current customers")
    gone = django_filters.BooleanFilter(field_name="gone_at", lookup_expr="isnull", exclude=True)
    favorite = django_filters.BooleanFilter(method="of_mine", label="marked as favorites by the token's person")

    def of_mine(self, customers: CustomerQuerySet, name: str, value: bool) -> CustomerQuerySet:
        mine = Q(pk__in=Favorite.objects.filter(person=cast(User, self.request.user)).values("customer"))
        return customers.filter(mine if value else ~mine)

    def with_tag(self, customers: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return customers.filter(tags__contains=[value])

    def with_health(self, customers: CustomerQuerySet, name: str, value: str) -> CustomerQuerySet:
        return customers.current().filter(health_now=State[value])  # type: ignore[misc]  # annotated


class GroupSerializer(serializers.ModelSerializer[CustomerGroup]):
    class Meta:
        model = CustomerGroup
        fields = ("id", "name", "description")
        read_only_fields = fields


class NewCustomerSerializer(serializers.Serializer[Customer]):
    """What a line of a file of customers says."""

    tenant_id = serializers.UUIDField()
    name = serializers.CharField(max_length=200)
    domain = serializers.RegexField(
        rf"\A(?:{DOMAIN.pattern})\Z", max_length=255, allow_blank=True, required=False, default=""
    )
    cloud = serializers.ChoiceField(choices=CloudChoice.choices)
    connection = serializers.PrimaryKeyRelatedField(
        queryset=Connection.objects.all(),
        pk_field=serializers.UUIDField(),
        allow_null=True,
        required=False,
        default=None,
    )


class TagsSerializer(serializers.Serializer[Customer]):
    tags = serializers.ListField(child=serializers.CharField(), max_length=MOST_TAGS)

    def validate_tags(self, tags: list[str]) -> list[str]:
        try:
            return parsed_tags(",".join(tags))
        except TagError as error:
            raise serializers.ValidationError(str(error)) from error


class GroupViewSet(ListModelMixin, GenericViewSet[CustomerGroup]):
    """The groups that the token's person may name, for `group` and `not_group`."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = GroupSerializer
    pagination_class = Paging
    queryset = CustomerGroup.objects.none()

    def get_queryset(self) -> QuerySet[CustomerGroup]:
        return visible_groups(cast(User, self.request.user))


class Conflict(APIException):
    status_code = 409
    default_code = "conflict"


class CustomerViewSet(ReadOnlyModelViewSet[Customer]):
    """Customers with their health as it is known now; a customer is taken in, and its tags are replaced."""

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = CustomerSerializer
    pagination_class = Paging
    filterset_class = CustomerFilter
    lookup_field = "tenant_id"
    lookup_value_regex = "[0-9a-f-]{36}"
    queryset = Customer.objects.none()  # for the schema; get_queryset decides

    def get_queryset(self) -> CustomerQuerySet:
        return with_health_at(visible_customers(cast(User, self.request.user)), now=timezone.now())

    def list(self, request: Request, *args: Any, **kwargs: Any) -> Response:
        rows = self.filter_queryset(self.get_queryset()).values("id", *_COLUMNS.values())
        return self.get_paginated_response([_told(row) for row in self.paginate_queryset(rows) or []])

    @extend_schema(request=NewCustomerSerializer, responses={201: CustomerSerializer}, parameters=[IDEMPOTENCY_KEY])
    @acts_once
    def create(self, request: Request) -> Response:
        said = NewCustomerSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        told = said.validated_data
        listed = Listed(tenant_id=told["tenant_id"], name=told["name"], domain=told["domain"].lower())
        one = FileCustomer(line=1, listed=listed, cloud=CloudChoice(told["cloud"]))
        try:
            take_in(one, connection=told["connection"], by=cast(User, request.user), now=timezone.now())
        except ScopeTooSmall as error:
            raise PermissionDenied(str(error)) from error
        except AlreadyThere as error:
            raise Conflict(str(error)) from error
        except FileRefused as error:
            raise serializers.ValidationError({"cloud": list(error.problems)}) from error
        return Response(self._shown(listed.tenant_id), status=201)

    @extend_schema(request=TagsSerializer, responses=CustomerSerializer, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["put"])
    @acts_once
    def tags(self, request: Request, tenant_id: str) -> Response:
        """Replace the customer's tags."""
        customer = self.get_object()
        said = TagsSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        keep_tags(customer, tags=said.validated_data["tags"], by=cast(User, request.user))
        return Response(self._shown(customer.tenant_id))

    @extend_schema(responses=FactsSerializer)
    @action(detail=True, methods=["get"])
    def facts(self, request: Request, tenant_id: str) -> Response:
        """What only we know of the customer."""
        return Response(FactsSerializer(self.get_object()).data)

    @extend_schema(request=FactsSerializer(partial=True), responses=FactsSerializer, parameters=[IDEMPOTENCY_KEY])
    @facts.mapping.patch
    @acts_once
    def change_facts(self, request: Request, tenant_id: str) -> Response:
        """Change what is named; the rest stays."""
        customer = self.get_object()
        said = FactsSerializer(customer, data=request.data, partial=True)
        said.is_valid(raise_exception=True)
        keep_facts(customer, facts=said.validated_data, by=cast(User, request.user))
        return Response(FactsSerializer(customer).data)

    @extend_schema(request=None, responses={204: None})
    @action(detail=True, methods=["put"])
    def favorite(self, request: Request, tenant_id: str) -> Response:
        """Mark the customer as a favorite of the token's person."""
        mark(cast(User, request.user), self.get_object(), is_favorite=True)
        return Response(status=204)

    @extend_schema(responses={204: None})
    @favorite.mapping.delete
    def take_favorite_away(self, request: Request, tenant_id: str) -> Response:
        mark(cast(User, request.user), self.get_object(), is_favorite=False)
        return Response(status=204)

    def _shown(self, tenant_id: UUID) -> Any:
        return self.get_serializer(self.get_queryset().get(tenant_id=tenant_id)).data
