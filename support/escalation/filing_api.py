"""One escalation for programs: its form, filing it, what Microsoft says, and what we say there."""

from collections.abc import Callable
from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import NotFound
from rest_framework.request import Request
from rest_framework.response import Response

from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from customers.api import IDEMPOTENCY_KEY
from support.access import get_ticket
from support.escalation.api import EscalationRefusedSerializer, EscalationSerializer, refusal
from support.escalation.beginning import Refused
from support.escalation.filing_forms import filing_of
from support.escalation.following.ordering import note_answer, order_message
from support.escalation.following.showing import AtMicrosoft, at_microsoft
from support.escalation.ordering import order_filing, save_form, settle_as_filed
from support.escalation.values import Filing
from support.models import Escalation, EscalationMessage

_ONE = "escalations/(?P<escalation>[0-9]{1,9})"
_LINES = (
    *("title", "began_at", "subscription_id", "resource_id", "service_id", "problem_id", "first_name", "last_name"),
    *("address", "phone", "time_zone", "country", "language"),
)
_TEXTS = ("symptom", "impact", "reproduction", "tried")


class FilingSerializer(serializers.Serializer[Filing]):
    """What Microsoft is told; a part that is left out stays as it was. The contact is one of ours."""

    may_diagnose = serializers.BooleanField(required=False)

    def get_fields(self) -> dict[str, serializers.Field[Any, Any, Any, Any]]:
        lengths = {**dict.fromkeys(_LINES, 900), **dict.fromkeys(_TEXTS, 5000)}
        told = {
            name: serializers.CharField(required=False, allow_blank=True, max_length=most)
            for name, most in lengths.items()
        }
        return {**told, **super().get_fields()}


class MicrosoftMessageSerializer(serializers.ModelSerializer[EscalationMessage]):
    text = serializers.CharField(source="entry.text")
    sender = serializers.CharField(source="entry.sender_name")

    class Meta:
        model = EscalationMessage
        fields = ("at", "is_theirs", "sender", "text")
        read_only_fields = fields


class AtMicrosoftSerializer(serializers.Serializer[AtMicrosoft]):
    """How it stands there, as it was read; `is_stale` where that is too long ago to be known."""

    status = serializers.CharField(source="watch.status", default="")
    severity = serializers.CharField(source="watch.severity", default="")
    read_at = serializers.DateTimeField(source="watch.read_at", default=None, allow_null=True)
    problem = serializers.CharField(source="watch.problem", default="")
    answer_due_at = serializers.DateTimeField(source="watch.answer_due_at", default=None, allow_null=True)
    answered_at = serializers.DateTimeField(source="watch.answered_at", default=None, allow_null=True)
    is_stale = serializers.BooleanField()
    is_late = serializers.BooleanField()
    messages = MicrosoftMessageSerializer(many=True, help_text="Newest first; never for the customer.")


class OneEscalationSerializer(serializers.Serializer[Any]):
    escalation = EscalationSerializer()
    form = FilingSerializer()
    missing = serializers.ListField(child=serializers.CharField(), help_text="Parts of the form without a good value.")
    at_microsoft = AtMicrosoftSerializer()


class NumberSerializer(serializers.Serializer[Any]):
    microsoft_number = serializers.CharField(max_length=40)


class WordsSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=20_000)


class FilingActs:
    """The part of the tickets' view set that is about one escalation."""

    @extend_schema(responses=OneEscalationSerializer)
    @action(detail=True, methods=["get"], url_path=_ONE)
    def one_escalation(self, request: Request, number: str, escalation: str) -> Response:
        """Its form, what is missing in it, and how it stands at Microsoft."""
        return Response(_told(_row(request, number, escalation), user=cast(User, request.user)))

    @extend_schema(request=FilingSerializer, responses={200: OneEscalationSerializer, 409: EscalationRefusedSerializer})
    @action(detail=True, methods=["put"], url_path=f"{_ONE}/form")
    def escalation_form(self, request: Request, number: str, escalation: str) -> Response:
        """Keep what the form says; of one that was filed already it stays as it was."""
        row, user = _row(request, number, escalation), cast(User, request.user)
        said = FilingSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        kept = filing_of(row, user=user).as_json()
        filing = Filing.from_json({**kept, **said.validated_data})
        _done(lambda: save_form(row.pk, filing=filing, now=timezone.now()))
        return Response(_told(_row(request, number, escalation), user=user))

    @extend_schema(
        request=None,
        responses={202: OneEscalationSerializer, 409: EscalationRefusedSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"], url_path=f"{_ONE}/file")
    @acts_once
    def escalation_file(self, request: Request, number: str, escalation: str) -> Response:
        """File it with Azure Support: once, whatever dies; 409 with a sentence where something stands in the way."""
        row, user = _row(request, number, escalation), cast(User, request.user)
        filing = filing_of(row, user=user)
        _done(lambda: order_filing(row.pk, filing=filing, by=user, now=timezone.now()))
        return Response(_told(_row(request, number, escalation), user=user), status=202)

    @extend_schema(
        request=NumberSerializer,
        responses={200: OneEscalationSerializer, 409: EscalationRefusedSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"], url_path=f"{_ONE}/number")
    @acts_once
    def escalation_number(self, request: Request, number: str, escalation: str) -> Response:
        """Microsoft's number of what was filed by hand, or found there."""
        row, user = _row(request, number, escalation), cast(User, request.user)
        said = NumberSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        told = said.validated_data["microsoft_number"]
        _done(lambda: settle_as_filed(row.pk, number=told, by=user, now=timezone.now()))
        return Response(_told(_row(request, number, escalation), user=user))

    @extend_schema(
        request=WordsSerializer,
        responses={202: OneEscalationSerializer, 409: EscalationRefusedSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"], url_path=f"{_ONE}/messages")
    @acts_once
    def escalation_messages(self, request: Request, number: str, escalation: str) -> Response:
        """Say something to Microsoft; of what was filed by hand, note what Microsoft answered."""
        row, user = _row(request, number, escalation), cast(User, request.user)
        said = WordsSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        act: Any = order_message if row.way == Escalation.Way.AZURE_API else note_answer
        _done(lambda: act(row.pk, text=said.validated_data["text"], by=user, now=timezone.now()))
        return Response(_told(_row(request, number, escalation), user=user), status=202)


def _row(request: Request, number: str, escalation: str) -> Escalation:
    """Through the door to its ticket, or 404."""
    ticket = get_ticket(cast(User, request.user), int(number))
    found = ticket.escalations.filter(pk=int(escalation)).first()
    if found is None:
        raise NotFound
    found.ticket = ticket
    return found


def _told(row: Escalation, *, user: User) -> dict[str, Any]:
    filing = filing_of(row, user=user)
    whole = {
        "escalation": row,
        "form": filing,
        "missing": filing.missing(kind=row.kind, way=row.way) if row.state == Escalation.State.DRAFT else [],
        "at_microsoft": at_microsoft(row, now=timezone.now()),
    }
    return dict(OneEscalationSerializer(whole).data)


def _done(act: Callable[[], object]) -> None:
    try:
        act()
    except Refused as refused:
        raise refusal(refused.code, str(refused)) from refused
