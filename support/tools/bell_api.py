"""A person's bells for programs of theirs: what rings, that it was seen, and a reminder at a ticket."""

from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import ValidationError
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.api import IDEMPOTENCY_KEY
from support.access import get_ticket
from support.models import Bell
from support.ringing import LONGEST, bells_of, remind

SHOWN = 200


class BellSerializer(serializers.ModelSerializer[Bell]):
    ticket = serializers.IntegerField(source="ticket_id")
    why = serializers.CharField(help_text="REMINDER, MENTION or WORD: the customer wrote.")
    entry = serializers.IntegerField(source="entry_id", allow_null=True)

    class Meta:
        model = Bell
        fields = ("id", "ticket", "why", "words", "entry", "rings_at")
        read_only_fields = fields


class BellViewSet(GenericViewSet[Bell]):
    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.WORK_TICKETS
    permission_classes = [HasCapability]
    serializer_class = BellSerializer
    lookup_value_regex = "[0-9]{1,18}"
    pagination_class = None
    queryset = Bell.objects.none()

    @extend_schema(responses=BellSerializer(many=True))
    def list(self, request: Request) -> Response:
        """What you have not seen, ringing or still to ring; at most 200."""
        rows = bells_of(cast(User, request.user)).order_by("rings_at", "pk")[:SHOWN]
        return Response(BellSerializer(rows, many=True).data)

    @extend_schema(responses={204: None})
    def destroy(self, request: Request, pk: str) -> Response:
        """You have seen it."""
        found = get_object_or_404(bells_of(cast(User, request.user)), pk=pk)
        Bell.objects.filter(pk=found.pk).update(seen_at=timezone.now(), mail_due_at=None)
        return Response(status=204)


class RemindSerializer(serializers.Serializer[Any]):
    at = serializers.DateTimeField(help_text="Within the next year.")
    words = serializers.CharField(max_length=200, required=False, allow_blank=True)

    def validate_at(self, at: Any) -> Any:
        now = timezone.now()
        if not now < at <= now + LONGEST:
            raise ValidationError(_("Choose a moment within the next year."))
        return at


class ReminderActs:
    """The part of the tickets' view set that reminds."""

    @extend_schema(request=RemindSerializer, responses={201: BellSerializer(many=True)}, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def reminders(self, request: Request, number: str) -> Response:
        """Remind me of this ticket; answers my reminders at it."""
        user = cast(User, request.user)
        ticket = get_ticket(user, int(number))
        said = RemindSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        told = said.validated_data
        if not remind(ticket, person=user, at=told["at"], words=told.get("words", "")):
            raise ValidationError(_("You have many reminders at this ticket already. Take one away first."))
        rows = bells_of(user).filter(ticket=ticket, why=Bell.Why.REMINDER).order_by("rings_at")
        return Response(BellSerializer(rows, many=True).data, status=201)
