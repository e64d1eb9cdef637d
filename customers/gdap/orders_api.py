"""Orders for programs: what was ordered and what became of each row; a new one is a draft that a person starts."""

from typing import Any, cast

import django_filters
from django.db.models import QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers, status
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet, ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import visible_customers
from customers.gdap.order_queries import visible_items, visible_orders, with_counts
from customers.gdap.orders import NewItem, place_order
from customers.gdap.queries import visible_relationships
from customers.models import Order, OrderItem

MOST_ROWS = 1000
# Actions that need nothing but relationships; the others are made up in the browser.
SIMPLE = (
    *(Order.Action.LOCK, Order.Action.DELETE, Order.Action.TERMINATE, Order.Action.EXTEND),
    *(Order.Action.DO_NOT_EXTEND, Order.Action.REMOVE_GLOBAL_ADMINISTRATOR),
)
CONSENT = Order.Action.CONSENT  # which is about customers


class OrderSerializer(serializers.ModelSerializer[Order]):
    ordered_by = serializers.CharField(source="ordered_by.name")
    approved_by = serializers.CharField(source="approved_by.name", default="")
    rows = serializers.IntegerField(help_text="About customers that you may see.")
    through = serializers.IntegerField(help_text="Rows that have ended, well or not.")
    troubled = serializers.IntegerField(help_text="Rows that were set aside for a person.")

    class Meta:
        model = Order
        fields = (
            *("id", "action", "state", "reason", "parameters", "ordered_by", "approved_by", "created_at"),
            *("started_at", "ended_at", "rows", "through", "troubled"),
        )
        read_only_fields = fields


class NewOrderSerializer(serializers.Serializer[Any]):
    action = serializers.ChoiceField(choices=[(action.value, action.label) for action in (*SIMPLE, CONSENT)])
    relationships = serializers.ListField(
        child=serializers.IntegerField(min_value=1),
        max_length=MOST_ROWS,
        default=list,
        help_text="Their numbers here; for every action but CONSENT.",
    )
    tenant_ids = serializers.ListField(
        child=serializers.UUIDField(), max_length=MOST_ROWS, default=list, help_text="Of customers, for CONSENT alone."
    )
    reason = serializers.CharField(max_length=300)

    def validate(self, told: dict[str, Any]) -> dict[str, Any]:
        needed, other = (
            ("tenant_ids", "relationships") if told["action"] == CONSENT else ("relationships", "tenant_ids")
        )
        if not told[needed]:
            raise serializers.ValidationError({needed: [_("Name at least one.")]})
        if told[other]:
            raise serializers.ValidationError({other: [_("This action is not about these.")]})
        return told


class OrderItemSerializer(serializers.ModelSerializer[OrderItem]):
    order = serializers.IntegerField(source="order_id")
    relationship = serializers.IntegerField(source="relationship_id", allow_null=True)
    tenant_id = serializers.UUIDField(source="customer.tenant_id", default=None, allow_null=True)

    class Meta:
        model = OrderItem
        fields = (
            *("id", "order", "position", "relationship", "tenant_id", "state", "problem", "tries", "due_at"),
            *("before", "after", "ended_at"),
        )
        read_only_fields = fields


class OrderFilter(django_filters.FilterSet):
    state = django_filters.ChoiceFilter(choices=Order.State.choices)
    action = django_filters.ChoiceFilter(choices=Order.Action.choices)


class OrderItemFilter(django_filters.FilterSet):
    order = django_filters.NumberFilter(field_name="order_id", label="the order's number", max_value=2**62, min_value=0)
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    state = django_filters.ChoiceFilter(choices=OrderItem.State.choices)


class OrderViewSet(ReadOnlyModelViewSet[Order]):
    """What was ordered to be changed at Microsoft.

    Changes of delegated access ask for a fresh proof of who orders them, which a program can't give: a new order is a
    draft, and a person starts it in the browser.
    """

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.MANAGE_ACCESS
    permission_classes = [HasCapability]
    serializer_class = OrderSerializer
    pagination_class = Paging
    filterset_class = OrderFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Order.objects.none()

    def get_queryset(self) -> QuerySet[Order]:
        user = cast(User, self.request.user)
        return with_counts(visible_orders(user), user=user)

    @extend_schema(request=NewOrderSerializer, responses={201: OrderSerializer})
    def create(self, request: Request) -> Response:
        """Place a draft; each row says at once what is refused and why."""
        user = cast(User, request.user)
        asked = NewOrderSerializer(data=request.data)
        asked.is_valid(raise_exception=True)
        told = asked.validated_data
        items = _customers(told, user=user) if told["action"] == CONSENT else _relationships(told, user=user)
        order = place_order(
            told["action"], items=items, by=user, reason=told["reason"], parameters={}, now=timezone.now()
        )
        return Response(self.get_serializer(self.get_queryset().get(pk=order.pk)).data, status=status.HTTP_201_CREATED)


def _relationships(told: dict[str, Any], *, user: User) -> list[NewItem]:
    rows = visible_relationships(user).filter(pk__in=told["relationships"])
    found = list(rows.select_related("customer__connection", "connection").order_by("pk"))
    if len(found) != len(set(told["relationships"])):
        raise serializers.ValidationError({"relationships": _("Some of them are not there, or you may not see them.")})
    return [NewItem(connection=one.connection, relationship=one, customer=one.customer) for one in found]


def _customers(told: dict[str, Any], *, user: User) -> list[NewItem]:
    rows = visible_customers(user).filter(tenant_id__in=told["tenant_ids"], gone_at__isnull=True)
    found = list(rows.select_related("connection").order_by("name", "pk"))
    if len(found) != len(set(told["tenant_ids"])):
        raise serializers.ValidationError({"tenant_ids": _("Some of them are not there, or you may not see them.")})
    if any(one.connection is None for one in found):
        raise serializers.ValidationError({"tenant_ids": _("Some of them have no connection.")})
    return [NewItem(connection=one.connection, customer=one) for one in found if one.connection]


class OrderItemViewSet(ListModelMixin, GenericViewSet[OrderItem]):
    """What becomes, or became, of each row of an order, with before and after."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = OrderItemSerializer
    pagination_class = Paging
    filterset_class = OrderItemFilter
    queryset = OrderItem.objects.none()

    def get_queryset(self) -> QuerySet[OrderItem]:
        return visible_items(cast(User, self.request.user)).select_related("customer")
