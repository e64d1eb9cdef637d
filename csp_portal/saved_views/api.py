"""Saved views for programs: one's own and those that others share are read; one's own are kept, changed and removed."""

from typing import Any, cast

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.saved_views.forms import ViewForm
from csp_portal.saved_views.keeping import has_room, keep_view, link_of, may_open, plain_query, remove_view, views_for
from csp_portal.saved_views.models import LONGEST_QUERY, SavedView

PK = OpenApiParameter("id", OpenApiTypes.INT, OpenApiParameter.PATH)


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    by = serializers.CharField(source="person.name")
    address = serializers.SerializerMethodField(help_text="The path of the list with the filters of the view.")

    def get_address(self, view: SavedView) -> str:
        return link_of(view)

    class Meta:
        model = SavedView
        fields = ("id", "page", "name", "query", "address", "is_shared", "by", "created_at")
        read_only_fields = fields


class NewViewSerializer(serializers.Serializer[SavedView]):
    page = serializers.CharField(max_length=100, help_text="The name of the page, as the views of it say it.")
    name = serializers.CharField(max_length=60)
    query = serializers.CharField(max_length=LONGEST_QUERY, help_text="The filters, as in the page's address.")
    is_shared = serializers.BooleanField(default=False)

    def validate_page(self, page: str) -> str:
        if not may_open(self.context["user"], page):
            raise serializers.ValidationError(_("There is no such page, or you may not open it."))
        return page

    def validate_query(self, query: str) -> str:
        plain = plain_query(query)
        if not plain:
            raise serializers.ValidationError(_("Nothing is filtered here. Choose a filter first."))
        if not has_room(self.context["user"], query=plain):
            words = _("These are too many filters or too many views. Remove a view you no longer need.")
            raise serializers.ValidationError(words)
        return plain


class ViewChangeSerializer(serializers.Serializer[SavedView]):
    """What is named is changed; the rest stays."""

    name = serializers.CharField(max_length=60, required=False)
    is_shared = serializers.BooleanField(required=False)


class SavedViewViewSet(ViewSet):
    """The views of pages that the token's person may open; there are as many as people made by hand."""

    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.EDIT_CUSTOMERS
    permission_classes = [HasCapability]
    lookup_value_regex = "[0-9]{1,18}"

    @extend_schema(responses=SavedViewSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(SavedViewSerializer(views_for(cast(User, request.user)), many=True).data)

    @extend_schema(request=NewViewSerializer, responses={201: SavedViewSerializer})
    def create(self, request: Request) -> Response:
        """Keep filters under a name; under one in use on the page they take the place of the earlier ones."""
        user = cast(User, request.user)
        said = NewViewSerializer(data=request.data, context={"user": user})
        said.is_valid(raise_exception=True)
        told: dict[str, Any] = {**said.validated_data, "name": " ".join(said.validated_data["name"].split())}
        return Response(SavedViewSerializer(keep_view(user, **told)).data, status=201)

    @extend_schema(request=ViewChangeSerializer(partial=True), responses=SavedViewSerializer, parameters=[PK])
    def partial_update(self, request: Request, pk: str) -> Response:
        """Rename it, or share it or not."""
        view, said = _own(request, pk), ViewChangeSerializer(data=request.data, partial=True)
        said.is_valid(raise_exception=True)
        form = ViewForm({"name": view.name, "is_shared": view.is_shared, **said.validated_data}, instance=view)
        if not form.is_valid():
            raise serializers.ValidationError(
                {name: [str(word) for word in words] for name, words in form.errors.items()}
            )
        return Response(SavedViewSerializer(form.save()).data)

    @extend_schema(responses={204: None}, parameters=[PK])
    def destroy(self, request: Request, pk: str) -> Response:
        """Remove it; its person can restore it on the page of views for seven days."""
        remove_view(_own(request, pk), by=cast(User, request.user), now=timezone.now())
        return Response(status=204)


def _own(request: Request, pk: str) -> SavedView:
    return get_object_or_404(SavedView, pk=pk, person=cast(User, request.user), removed_at__isnull=True)
