"""For programs: what customers were told of changes of our access, and whether they let our application in."""

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
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import of_visible_customers, visible_customers
from customers.api import IDEMPOTENCY_KEY
from customers.contacts import contacts_of
from customers.gdap.notice_words import TOLD_OF, draft_notice
from customers.gdap.order_queries import visible_orders
from customers.gdap.telling import keep_notices, visible_change_notices
from customers.models import ChangeNotice, Consent, Contact, Customer, Order

ACTIONS = [(action.value, action.label) for action in Order.Action if action in TOLD_OF]


class ChangeNoticeSerializer(serializers.ModelSerializer[ChangeNotice]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    order = serializers.IntegerField(source="order_id", allow_null=True)
    relationship = serializers.IntegerField(source="relationship_id", allow_null=True)
    told_by = serializers.CharField(source="told_by.name")

    class Meta:
        model = ChangeNotice
        fields = (
            *("id", "tenant_id", "customer", "action", "order", "relationship", "told", "language", "way"),
            *("subject", "text", "told_at", "told_by"),
        )
        read_only_fields = fields


class NewChangeNoticeSerializer(serializers.Serializer[Any]):
    tenant_id = serializers.UUIDField()
    action = serializers.ChoiceField(choices=ACTIONS)
    order = serializers.IntegerField(
        min_value=1, required=False, help_text="The order it is about: one of this action."
    )
    contact = serializers.IntegerField(
        min_value=1, required=False, help_text="Who was told, a contact of the customer; without it everybody there."
    )
    way = serializers.ChoiceField(choices=ChangeNotice.Way.choices, default=ChangeNotice.Way.MAIL)
    subject = serializers.CharField(max_length=200, required=False, help_text="Without it the portal's own words.")
    text = serializers.CharField(max_length=20_000, required=False, help_text="Without it the portal's own words.")


class ChangeNoticeFilter(django_filters.FilterSet):
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    action = django_filters.ChoiceFilter(choices=ACTIONS)
    order = django_filters.NumberFilter(field_name="order_id", label="the order's number", max_value=2**62, min_value=0)


class ChangeNoticeViewSet(ReadOnlyModelViewSet[ChangeNotice]):
    """That customers were told what we change in our access, why and when.

    A new one is a record that somebody told them, as on the portal's page; nothing is sent by it, and it starts no
    order: that does a person in the browser.
    """

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = ChangeNoticeSerializer
    pagination_class = Paging
    filterset_class = ChangeNoticeFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = ChangeNotice.objects.none()

    def get_queryset(self) -> QuerySet[ChangeNotice]:
        return visible_change_notices(cast(User, self.request.user))

    @extend_schema(
        request=NewChangeNoticeSerializer, responses={201: ChangeNoticeSerializer}, parameters=[IDEMPOTENCY_KEY]
    )
    @acts_once
    def create(self, request: Request) -> Response:
        said = NewChangeNoticeSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        notice = _notice_of(said.validated_data, by=cast(User, request.user))
        keep_notices([notice], by=cast(User, request.user))
        return Response(self.get_serializer(notice).data, status=status.HTTP_201_CREATED)


def _notice_of(told: dict[str, Any], *, by: User) -> ChangeNotice:
    customer = visible_customers(by).filter(tenant_id=told["tenant_id"]).first()
    if customer is None:
        raise serializers.ValidationError({"tenant_id": [_("There is no such customer, or you may not see it.")]})
    order, contact = _order_of(told, by=by, customer=customer), _contact_of(told, customer=customer)
    draft = draft_notice(
        told["action"],
        customer=customer,
        contact=contact,
        relationship=None,
        reason=order.reason if order else "",
        language=contact.language if contact else by.language or "en",
        sender=by.name,
    )
    return ChangeNotice(
        customer=customer,
        action=told["action"],
        order=order,
        contact=contact,
        told=str(contact) if contact else _("everybody there"),
        language=draft.language,
        way=told["way"],
        subject=told.get("subject") or draft.subject,
        text=told.get("text") or draft.text,
        told_at=timezone.now(),
        told_by=by,
    )


def _order_of(told: dict[str, Any], *, by: User, customer: Customer) -> Order | None:
    if "order" not in told:
        return None
    ours = visible_orders(by).filter(pk=told["order"], action=told["action"], items__customer=customer)
    found = ours.distinct().first()
    if found is None:
        raise serializers.ValidationError(
            {"order": [_("There is no such order of this action about this customer, or you may not see it.")]}
        )
    return found


def _contact_of(told: dict[str, Any], *, customer: Customer) -> Contact | None:
    if "contact" not in told:
        return None
    found = next((one for one in contacts_of(customer) if one.pk == told["contact"]), None)
    if found is None:
        raise serializers.ValidationError({"contact": [_("This customer has no such contact.")]})
    return found


class ConsentSerializer(serializers.ModelSerializer[Consent]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    asked_by = serializers.CharField(source="asked_by.name", default="")

    class Meta:
        model = Consent
        fields = ("id", "tenant_id", "customer", "state", "since", "asked_at", "asked_by")
        read_only_fields = fields


class ConsentFilter(django_filters.FilterSet):
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    state = django_filters.ChoiceFilter(choices=Consent.State.choices)


class ConsentViewSet(ListModelMixin, GenericViewSet[Consent]):
    """Whether customers let our application in, as readings showed it last; of who was never read there is no row.

    To consent for customers, draft an order at access-orders with the action CONSENT.
    """

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = ConsentSerializer
    pagination_class = Paging
    filterset_class = ConsentFilter
    queryset = Consent.objects.none()

    def get_queryset(self) -> QuerySet[Consent]:
        rows = of_visible_customers(Consent.objects.all(), user=cast(User, self.request.user))
        return rows.select_related("customer", "asked_by")
