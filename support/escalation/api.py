"""The way to Microsoft for programs: what stands in it, and the draft of an escalation behind it."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.exceptions import APIException
from rest_framework.request import Request
from rest_framework.response import Response

from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from customers.api import IDEMPOTENCY_KEY
from customers.views import WHY_NOT
from support.access import get_ticket
from support.escalation.baseline import Checklist, Item
from support.escalation.beginning import Refused, begin
from support.escalation.checks import NoCustomer, NotPossible, ask_check
from support.escalation.gate import Barrier, Gate
from support.escalation.rules import Entitlement, Rule
from support.escalation.showing import answer_of, steps_of
from support.models import Area, BaselineTick, Escalation, HealthCheck, Purchase

_PURCHASE = OpenApiParameter("purchase", OpenApiTypes.STR, description="CSP (the default), CSP_OTHER, ENTERPRISE …")


class Conflict(APIException):
    status_code = 409
    default_code = "conflict"


class HealthCheckSerializer(serializers.ModelSerializer[HealthCheck]):
    state = serializers.CharField(help_text="WAITING, DONE or FAILED.")
    services = serializers.ListField(child=serializers.DictField(), help_text="As Microsoft named their state.")
    issues = serializers.ListField(child=serializers.DictField(), help_text="Active ones, as Microsoft worded them.")
    feed = serializers.DictField()

    class Meta:
        model = HealthCheck
        fields = ("id", "state", "asked_at", "read_at", "service_name", "services", "issues", "issue_ids", "feed")
        read_only_fields = fields


class GateSerializer(serializers.Serializer[Gate]):
    is_open = serializers.BooleanField()
    code = serializers.CharField(source="barrier.value", help_text="Empty where nothing stands in the way.")
    detail = serializers.CharField(source="barrier.label")
    is_passable = serializers.BooleanField(help_text="Whether a reason of ten characters passes it.")
    check = serializers.SerializerMethodField()

    def get_check(self, gate: Gate) -> dict[str, Any] | None:
        return dict(HealthCheckSerializer(gate.check).data) if gate.check else None


class ChecklistItemSerializer(serializers.Serializer[Item]):
    key = serializers.CharField()
    text = serializers.CharField()
    is_required = serializers.BooleanField()
    is_open = serializers.BooleanField()
    outcome = serializers.ChoiceField(
        BaselineTick.Outcome.choices, source="tick.outcome", default=None, allow_null=True
    )
    evidence = serializers.CharField(source="tick.evidence", default="")


class ChecklistSerializer(serializers.Serializer[Checklist]):
    area = serializers.ChoiceField(Area.choices, source="baseline.area")
    version = serializers.IntegerField(source="baseline.version")
    items = ChecklistItemSerializer(many=True)


class RuleSerializer(serializers.Serializer[Rule]):
    key = serializers.CharField()
    question = serializers.CharField()
    answer = serializers.SerializerMethodField()
    why = serializers.CharField()
    is_disputed = serializers.BooleanField()
    is_obstacle = serializers.BooleanField()
    is_ours = serializers.BooleanField(help_text="An owner chose it.")
    source_title = serializers.CharField(source="source")
    source_date = serializers.CharField()

    def get_answer(self, rule: Rule) -> str:
        return answer_of(rule)


class EntitlementSerializer(serializers.Serializer[Entitlement]):
    who = serializers.CharField()
    where = serializers.CharField()
    plan = serializers.CharField()
    cost = serializers.CharField()
    target_minutes = serializers.IntegerField(allow_null=True)
    is_disputed = serializers.BooleanField()
    rules = RuleSerializer(many=True, help_text="The rules that led there, in order.")
    notes = RuleSerializer(many=True)


class EscalationStepsSerializer(serializers.Serializer[Any]):
    gate = GateSerializer()
    checklists = ChecklistSerializer(many=True)
    entitlement = EntitlementSerializer(allow_null=True)


class BeginSerializer(serializers.Serializer[Any]):
    purchase = serializers.ChoiceField(Purchase.choices, default=Purchase.CSP)
    reason = serializers.CharField(
        max_length=1000, required=False, allow_blank=True, help_text="Why it passes a gate that is not open."
    )


class EscalationSerializer(serializers.ModelSerializer[Escalation]):
    ticket = serializers.IntegerField(source="ticket_id")
    state = serializers.CharField(help_text="DRAFT, PENDING, SENDING, FILED, UNKNOWN, RECONCILE, OPERATOR or CLOSED.")

    class Meta:
        model = Escalation
        fields = (
            *("id", "ticket", "escalation_no", "state", "way", "cloud", "product", "kind", "severity", "purchase"),
            *("plan", "override_reason", "microsoft_number", "created_at", "filed_at"),
        )
        read_only_fields = fields


class EscalationRefusedSerializer(serializers.Serializer[Any]):
    code = serializers.CharField(help_text="health_not_checked, health_check_too_old, active_issue, baseline_open …")
    detail = serializers.CharField()


class EscalationActs:
    """The part of the tickets' view set that leads to Microsoft."""

    @extend_schema(responses=EscalationStepsSerializer, parameters=[_PURCHASE])
    @action(detail=True, methods=["get"])
    def escalation(self, request: Request, number: str) -> Response:
        """Gate, checklists and entitlement of the ticket as they are now."""
        user = cast(User, request.user)
        text = request.query_params.get("purchase", "")
        purchase = Purchase(text) if text in Purchase.values else Purchase.CSP
        steps = steps_of(get_ticket(user, int(number)), user=user, purchase=purchase, now=timezone.now())
        return Response(EscalationStepsSerializer(steps).data)

    @extend_schema(
        request=BeginSerializer,
        responses={201: EscalationSerializer, 409: EscalationRefusedSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @action(detail=True, methods=["post"])
    @acts_once
    def escalations(self, request: Request, number: str) -> Response:
        """Begin an escalation, or find its draft; 409 with code and sentence where something stands in the way."""
        user = cast(User, request.user)
        ticket = get_ticket(user, int(number))
        said = BeginSerializer(data=request.data)
        said.is_valid(raise_exception=True)
        purchase, reason = Purchase(said.validated_data["purchase"]), said.validated_data.get("reason", "")
        try:
            made = begin(ticket.pk, purchase=purchase, by=user, now=timezone.now(), reason=reason)
        except Refused as refused:
            raise refusal(refused.code, str(refused)) from refused
        return Response(EscalationSerializer(made).data, status=201)

    @extend_schema(request=None, responses={202: HealthCheckSerializer, 409: EscalationRefusedSerializer})
    @action(detail=True, methods=["post"], url_path="health-checks")
    def health_checks(self, request: Request, number: str) -> Response:
        """Have the customer's health read now for this ticket; look at `escalation` until it is read."""
        user = cast(User, request.user)
        try:
            made = ask_check(get_ticket(user, int(number)), by=user, now=timezone.now())
        except NoCustomer as nobody:
            raise refusal(Barrier.NO_CUSTOMER.value, str(Barrier.NO_CUSTOMER.label)) from nobody
        except NotPossible as refused:
            raise refusal("can_not_be_read", str(WHY_NOT[refused.outcome])) from refused
        return Response(HealthCheckSerializer(made).data, status=202)


def refusal(code: str, words: str) -> APIException:
    """Raised and not answered, so that the same Idempotency-Key may be tried again once it is put right."""
    return Conflict({"code": code, "detail": words})
