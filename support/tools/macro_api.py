"""Macros for programs: what there is, and running one at a ticket."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.generics import get_object_or_404
from rest_framework.mixins import ListModelMixin
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability, Paging
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.api import IDEMPOTENCY_KEY
from support.access import get_ticket
from support.entry_api import TicketSerializer
from support.models import Macro
from support.tools.macros import run


class MacroSerializer(serializers.ModelSerializer[Macro]):
    """What is empty stays as it is."""

    status = serializers.CharField()
    severity = serializers.CharField()
    owner = serializers.CharField(help_text="ME, NOBODY or empty.")
    queue = serializers.CharField(source="queue.name", default="")
    reply = serializers.CharField(source="reply.name", default="", help_text="The canned reply's name.")

    class Meta:
        model = Macro
        fields = ("id", "name", "status", "severity", "owner", "queue", "tags", "note", "reply")
        read_only_fields = fields


class MacroViewSet(ListModelMixin, GenericViewSet[Macro]):
    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]
    serializer_class = MacroSerializer
    pagination_class = Paging
    queryset = Macro.objects.select_related("queue", "reply")


class RunSerializer(serializers.Serializer[Any]):
    macro = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class MacroActs:
    """The part of the tickets' view set that runs macros."""

    @extend_schema(request=RunSerializer, responses=TicketSerializer, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def macros(self, request: Request, number: str) -> Response:
        """Run a macro: all that it does or nothing; a reply becomes your draft on the page."""
        user = cast(User, request.user)
        ticket = get_ticket(user, int(number))
        said = RunSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        found = get_object_or_404(Macro.objects.select_related("queue", "reply"), pk=said.validated_data["macro"])
        return Response(TicketSerializer(run(found, ticket.pk, by=user, now=timezone.now())).data)
