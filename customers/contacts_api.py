"""Contacts for programs: of customers that the token's person may see."""

from typing import Any, cast

import django_filters
from django.conf import settings
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ReadOnlyModelViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.access import visible_customers
from customers.api import IDEMPOTENCY_KEY, Conflict
from customers.contacts import keep_contact, visible_contacts
from customers.models import Contact
from customers.phones import plain_phone


class ContactSerializer(serializers.ModelSerializer[Contact]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")

    class Meta:
        model = Contact
        fields = (
            *("id", "tenant_id", "customer", "name", "address", "phone", "language", "zone", "wants"),
            *("opted_out_at", "bounced_at", "bounce_reason"),
        )
        read_only_fields = fields


class NewContactSerializer(serializers.Serializer[Contact]):
    tenant_id = serializers.UUIDField()
    name = serializers.CharField(max_length=120)
    address = serializers.EmailField(max_length=254)
    phone = serializers.CharField(max_length=40, allow_blank=True, default="")
    language = serializers.ChoiceField(choices=settings.LANGUAGES, default="en")
    wants = serializers.ListField(
        child=serializers.ChoiceField(choices=Contact.Topic.choices), default=["INCIDENTS"], max_length=10
    )

    def validate_phone(self, phone: str) -> str:
        try:
            return plain_phone(phone)
        except ValueError as error:
            words = _("“%(phone)s” is no phone number. Write for instance +886 2 2345 6789 or 02-2345-6789 #123.")
            raise serializers.ValidationError(words % {"phone": phone}) from error


class ContactFilter(django_filters.FilterSet):
    tenant_id = django_filters.UUIDFilter(field_name="customer__tenant_id")
    bounced = django_filters.BooleanFilter(field_name="bounced_at", lookup_expr="isnull", exclude=True)


class ContactViewSet(ReadOnlyModelViewSet[Contact]):
    """Who is written to at customers, of what, and in which language; a contact is added."""

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = ContactSerializer
    pagination_class = Paging
    filterset_class = ContactFilter
    lookup_value_regex = "[0-9]{1,18}"
    queryset = Contact.objects.none()

    def get_queryset(self) -> QuerySet[Contact]:
        return visible_contacts(cast(User, self.request.user))

    @extend_schema(request=NewContactSerializer, responses={201: ContactSerializer}, parameters=[IDEMPOTENCY_KEY])
    @acts_once
    def create(self, request: Request) -> Response:
        said = NewContactSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        told: dict[str, Any] = {**said.validated_data}
        user = cast(User, request.user)
        customer = visible_customers(user).filter(tenant_id=told.pop("tenant_id")).first()
        if customer is None:
            raise serializers.ValidationError({"tenant_id": [_("There is no such customer, or you may not see it.")]})
        told |= {"address": told["address"].lower(), "wants": list(dict.fromkeys(told["wants"]))}
        if customer.contacts.filter(address=told["address"], removed_at__isnull=True).exists():
            raise Conflict(_("This customer has a contact with this address already."))
        contact = Contact(customer=customer, **told)
        keep_contact(contact, before={}, by=user)
        return Response(self.get_serializer(contact).data, status=201)
