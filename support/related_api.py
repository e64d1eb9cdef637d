"""What programs do with two tickets of one customer: merge, part, link, and split a message off."""

from typing import Any, cast

from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema, inline_serializer
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import APIException, PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response

from csp_portal.accounts.models import User
from support.access import get_ticket, visible_tickets
from support.entry_api import TicketSerializer
from support.merging import NotJoined, OfTwoCustomers, link, linked_to, merge, split, unlink, unmerge
from support.models import Entry, Ticket


class OtherSerializer(serializers.Serializer[Any]):
    other = serializers.IntegerField(min_value=1, max_value=999_999_999, help_text="The number of the other ticket.")


class SplitSerializer(serializers.Serializer[Any]):
    entry = serializers.IntegerField(min_value=1, help_text="The id of a message of the customer.")
    subject = serializers.CharField(max_length=250, required=False)


class NotPossible(APIException):
    status_code = 409
    default_code = "conflict"


LINKED = inline_serializer("LinkedTickets", {"linked": serializers.ListField(child=serializers.IntegerField())})


class RelatedActs:
    """The part of the tickets' view set that concerns other tickets."""

    @extend_schema(request=OtherSerializer, responses=TicketSerializer)
    @action(detail=True, methods=["post"])
    def merge(self, request: Request, number: str) -> Response:
        """Merge the ticket into the other one of the same customer, which is answered."""
        user, ticket, other = _both(request, number)
        try:
            return Response(TicketSerializer(merge(ticket.pk, into=other.pk, by=user, now=timezone.now())).data)
        except NotJoined as refused:
            raise _refusal(refused) from refused

    @extend_schema(request=None, responses=TicketSerializer)
    @action(detail=True, methods=["post"])
    def unmerge(self, request: Request, number: str) -> Response:
        """Take the merge of this ticket back."""
        user = cast(User, request.user)
        ticket = get_ticket(user, int(number))
        try:
            return Response(TicketSerializer(unmerge(ticket.pk, by=user, now=timezone.now())).data)
        except NotJoined as refused:
            raise _refusal(refused) from refused

    @extend_schema(request=OtherSerializer, responses=LINKED)
    @action(detail=True, methods=["post"])
    def links(self, request: Request, number: str) -> Response:
        """Name the tickets beside each other; answers all that are linked with this one."""
        user, ticket, other = _both(request, number)
        try:
            link(ticket.pk, to=other.pk, by=user, now=timezone.now())
        except NotJoined as refused:
            raise _refusal(refused) from refused
        return _linked(ticket)

    @extend_schema(request=OtherSerializer, responses=LINKED)
    @links.mapping.delete
    def unlink(self, request: Request, number: str) -> Response:
        user, ticket, other = _both(request, number)
        unlink(ticket.pk, to=other.pk, by=user)
        return _linked(ticket)

    @extend_schema(request=SplitSerializer, responses={201: TicketSerializer})
    @action(detail=True, methods=["post"])
    def split(self, request: Request, number: str) -> Response:
        """Make a ticket of its own of one message of the customer."""
        user = cast(User, request.user)
        ticket = get_ticket(user, int(number))
        said = SplitSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        told = said.validated_data
        entry = get_object_or_404(Entry, ticket=ticket, pk=told["entry"], undone_at__isnull=True)
        subject = told.get("subject") or ticket.subject
        try:
            opened = split(entry, subject=subject, by=user, now=timezone.now())
        except NotJoined as refused:
            raise _refusal(refused) from refused
        return Response(TicketSerializer(opened).data, status=201)


def _both(request: Request, number: str) -> tuple[User, Ticket, Ticket]:
    user = cast(User, request.user)
    ticket = get_ticket(user, int(number))
    said = OtherSerializer(data=request.data)
    said.is_valid(raise_exception=True)
    other = visible_tickets(user).filter(pk=said.validated_data["other"]).first()
    if other is None:
        raise serializers.ValidationError({"other": [_("There is no such ticket, or you may not see it.")]})
    return user, ticket, other


def _refusal(refused: NotJoined) -> APIException:
    return PermissionDenied(str(refused)) if isinstance(refused, OfTwoCustomers) else NotPossible(str(refused))


def _linked(ticket: Ticket) -> Response:
    return Response({"linked": [one.pk for one in linked_to(ticket)]})
