"""The register for programs: offers in force, and the customers of each gap."""

from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.exceptions import ValidationError
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.keyset import page_of
from customers.models import Customer
from support.models import OfferVersion
from support.offers.gaps import ORDER as BY_NAME
from support.offers.gaps import Gap
from support.offers.register import ORDER, OfferFilter

_PAGE = "Give it as `page` to get the page after this one; empty on the last."
_FILTERS = [OpenApiParameter(name, str, description="As in the address of the page.") for name in ("group", "page")]
_MORE = [OpenApiParameter(name, str, description="As in the address of the page.") for name in ("family", "delivery")]


class OfferSerializer(serializers.ModelSerializer[OfferVersion]):
    tenant_id = serializers.UUIDField(source="offer.customer.tenant_id")
    customer = serializers.CharField(source="offer.customer.name")
    family = serializers.CharField(source="offer.family", help_text="Empty for all products.")
    delivery = serializers.CharField(help_text="OURS, RESOLD or OUTSOURCED.")
    per = serializers.CharField(help_text="MONTH, YEAR, SEAT_MONTH, HOUR or TICKET; empty for once.")
    promised = serializers.JSONField(help_text="Minutes by severity, as they were promised on the day of publishing.")
    is_told = serializers.BooleanField()
    is_confirmed = serializers.BooleanField()

    class Meta:
        model = OfferVersion
        fields = (
            *("id", "tenant_id", "customer", "family", "number", "delivery", "company", "covered_en", "covered_zh"),
            *("not_covered_en", "not_covered_zh", "phone", "mail", "page", "amount", "currency", "per", "promised"),
            *("valid_from", "valid_to", "published_at", "is_told", "is_confirmed"),
        )
        read_only_fields = fields


@extend_schema_serializer(many=False)
class OfferListSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(help_text=_PAGE)
    results = OfferSerializer(many=True)


class OfferGapSerializer(serializers.ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = ("tenant_id", "name", "domain")
        read_only_fields = fields


@extend_schema_serializer(many=False)
class OfferGapListSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(help_text=_PAGE)
    results = OfferGapSerializer(many=True)


class OfferViewSet(GenericViewSet[OfferVersion]):
    """What support customers get now; a published version is never altered."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = OfferSerializer
    pagination_class = None
    queryset = OfferVersion.objects.none()

    @extend_schema(parameters=[*_FILTERS, *_MORE], responses=OfferListSerializer)
    def list(self, request: Request) -> Response:
        user = cast(User, request.user)
        rows = OfferFilter.from_query(request.query_params, user=user).versions(user, now=timezone.now())
        page = page_of(rows, order=ORDER, mark=request.query_params.get("page", ""))
        return Response(OfferListSerializer({"next": page.next_page_number, "results": page.rows}).data)


class OfferGapViewSet(GenericViewSet[Customer]):
    """Customers of one gap: `gap` is NONE, PRODUCT, UNTOLD, UNCONFIRMED or ENDS."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = OfferGapSerializer
    pagination_class = None
    queryset = Customer.objects.none()

    @extend_schema(
        parameters=[OpenApiParameter("gap", str, description=", ".join(Gap.values)), *_FILTERS],
        responses=OfferGapListSerializer,
    )
    def list(self, request: Request) -> Response:
        user, asked = cast(User, request.user), request.query_params.get("gap", Gap.NONE.value).upper()
        if asked not in Gap.values:
            raise ValidationError({"gap": [_("Choose one of %(gaps)s.") % {"gaps": ", ".join(Gap.values)}]})
        chosen = OfferFilter.from_query(request.query_params, user=user)
        rows = chosen.customers(Gap(asked), user=user, now=timezone.now())
        page = page_of(rows, order=BY_NAME, mark=request.query_params.get("page", ""))
        return Response(OfferGapListSerializer({"next": page.next_page_number, "results": page.rows}).data)
