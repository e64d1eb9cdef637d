"""Saved views for programs: read-only, one's own and those that others share."""

from typing import cast

from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import ViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.saved_views.keeping import link_of, views_for
from csp_portal.saved_views.models import SavedView


class SavedViewSerializer(serializers.ModelSerializer[SavedView]):
    by = serializers.CharField(source="person.name")
    address = serializers.SerializerMethodField(help_text="The path of the list with the filters of the view.")

    def get_address(self, view: SavedView) -> str:
        return link_of(view)

    class Meta:
        model = SavedView
        fields = ("id", "page", "name", "query", "address", "is_shared", "by", "created_at")
        read_only_fields = fields


class SavedViewViewSet(ViewSet):
    """The views of pages that the token's person may open; there are as many as people made by hand."""

    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]

    @extend_schema(responses=SavedViewSerializer(many=True))
    def list(self, request: Request) -> Response:
        return Response(SavedViewSerializer(views_for(cast(User, request.user)), many=True).data)
