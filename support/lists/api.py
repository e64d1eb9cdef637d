"""Tickets for programs: the list with the filters of the page, and one ticket with all that was said. For us alone."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import OpenApiParameter, extend_schema, extend_schema_serializer
from rest_framework import serializers
from rest_framework.generics import get_object_or_404
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.viewsets import GenericViewSet

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.keyset import Page, page_of
from support.access import visible_tickets
from support.acts_api import TicketActs
from support.entry_api import EntrySerializer, TicketSerializer
from support.escalation.api import EscalationActs
from support.escalation.filing_api import FilingActs
from support.lists.api_rows import COLUMNS, told
from support.lists.filters import ORDERS, TicketFilter, tickets_of
from support.lists.search import search_page
from support.models import Entry, SlaClock, Ticket
from support.related_api import RelatedActs
from support.sla.showing import ClockState, ShownClock, shown_clocks
from support.tools.bell_api import ReminderActs
from support.tools.macro_api import MacroActs

SIZE, LONGEST = 100, 200
BESIDE = ("customer", "owner", "queue", "service", "issue")
_PARAMETERS = [
    OpenApiParameter("q", OpenApiTypes.STR, description="Words, a number, a mail address or an id of Microsoft's."),
    OpenApiParameter("state", OpenApiTypes.STR, description="open (the default), us, customer, ended, all, new …"),
    OpenApiParameter("owner", OpenApiTypes.STR, description="me, none, or the number of a person."),
    OpenApiParameter("severity", OpenApiTypes.STR, description="A, B or C."),
    OpenApiParameter("family", OpenApiTypes.STR, description="MICROSOFT_365, AZURE …"),
    OpenApiParameter("customer", OpenApiTypes.STR, description="The tenant ID."),
    OpenApiParameter("tag", OpenApiTypes.STR),
    OpenApiParameter("issue", OpenApiTypes.STR, description="Microsoft's id of the issue behind it."),
    OpenApiParameter("promise", OpenApiTypes.STR, description="broken, soon (within two hours) or paused."),
    OpenApiParameter("among", OpenApiTypes.STR, description="The tickets behind a figure of the desk's report."),
    OpenApiParameter("sort", OpenApiTypes.STR, description="updated (default), -updated, number, -number, severity …"),
    OpenApiParameter("page", OpenApiTypes.STR, description="The `next` of the page before."),
    OpenApiParameter("page_size", OpenApiTypes.STR, description="At most 200; 100 unless told."),
]


class ClockSerializer(serializers.Serializer[ShownClock]):
    """A promise of the ticket as it is now; what it still waits for has no `ended_at`."""

    kind = serializers.ChoiceField(SlaClock.Kind.choices, source="clock.kind")
    state = serializers.ChoiceField(ClockState.choices)
    policy = serializers.CharField(source="clock.policy.name", default="")
    target_minutes = serializers.IntegerField(source="clock.target_minutes", help_text="Of open time.")
    started_at = serializers.DateTimeField(source="clock.started_at")
    ends_at = serializers.DateTimeField(
        source="clock.ends_at", allow_null=True, help_text="Null while it stands still."
    )
    broken_at = serializers.DateTimeField(allow_null=True)
    ended_at = serializers.DateTimeField(source="clock.ended_at", allow_null=True)


@extend_schema_serializer(many=False)
class TicketListSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(help_text="Give it as `page` to get the page after this one; empty on the last.")
    results = TicketSerializer(many=True)


class TicketWithEntriesSerializer(serializers.Serializer[Any]):
    ticket = TicketSerializer()
    impact = serializers.CharField()
    clocks = ClockSerializer(many=True, help_text="What was promised for it, and Microsoft's own answer.")
    entries = EntrySerializer(many=True, help_text="Oldest first; what is not public never leaves the house.")


class TicketViewSet(
    TicketActs, RelatedActs, EscalationActs, FilingActs, MacroActs, ReminderActs, GenericViewSet[Ticket]
):
    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.WORK_TICKETS
    permission_classes = [HasCapability]
    serializer_class = TicketSerializer
    lookup_url_kwarg = "number"
    lookup_value_regex = "[0-9]{1,9}"
    pagination_class = None
    queryset = Ticket.objects.none()

    @extend_schema(parameters=_PARAMETERS, responses=TicketListSerializer)
    def list(self, request: Request) -> Response:
        user, mark = cast(User, request.user), request.query_params.get("page", "")
        chosen = TicketFilter.from_query(request.query_params, user=user)
        rows: Any = tickets_of(user, chosen, now=timezone.now())
        size = _size(request.query_params.get("page_size", ""))
        if chosen.words:
            page: Page[Any] = search_page(rows, words=chosen.words, mark=mark, columns=COLUMNS, size=size)
        else:
            page = page_of(rows.values_list(*COLUMNS, named=True), order=ORDERS[chosen.sort], mark=mark, size=size)
        return Response({"next": page.next_page_number, "results": [told(row) for row in page.rows]})

    @extend_schema(responses=TicketWithEntriesSerializer)
    def retrieve(self, request: Request, number: str) -> Response:
        said = Entry.objects.filter(undone_at__isnull=True).select_related("author").order_by("at", "id")
        rows = visible_tickets(cast(User, request.user)).select_related(*BESIDE)
        ticket = get_object_or_404(rows, pk=number)
        whole: dict[str, Any] = {"ticket": ticket, "impact": ticket.impact, "entries": said.filter(ticket=ticket)}
        whole["clocks"] = shown_clocks(ticket, now=timezone.now())
        return Response(TicketWithEntriesSerializer(whole).data)


def _size(text: str) -> int:
    return min(int(text), LONGEST) if text.isascii() and text.isdecimal() and len(text) < 5 and int(text) else SIZE
