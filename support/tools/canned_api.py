"""Canned replies for programs: the texts with their variables, read-only."""

from rest_framework import serializers
from rest_framework.mixins import ListModelMixin
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.rights import Capability
from support.models import CannedReply


class CannedReplySerializer(serializers.ModelSerializer[CannedReply]):
    class Meta:
        model = CannedReply
        fields = ("id", "name", "language", "family", "text", "updated_at")
        read_only_fields = fields


class CannedReplyViewSet(ListModelMixin, GenericViewSet[CannedReply]):
    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = CannedReplySerializer
    pagination_class = Paging
    queryset = CannedReply.objects.all()
