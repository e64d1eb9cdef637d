"""A ticket and what was said on it, as programs read them."""

from datetime import datetime

from rest_framework import serializers

from support.models import NEVER, Entry, Ticket


class EntrySerializer(serializers.ModelSerializer[Entry]):
    author = serializers.CharField(source="author.name", default="")

    class Meta:
        model = Entry
        fields = ("id", "kind", "is_public", "channel", "at", "author", "sender_name", "sender_address", "text")
        read_only_fields = fields


class TicketSerializer(serializers.ModelSerializer[Ticket]):
    number = serializers.IntegerField(source="pk")
    tenant_id = serializers.UUIDField(source="customer.tenant_id", default=None, allow_null=True)
    customer = serializers.CharField(source="customer.name", default="")
    requester_address = serializers.CharField(help_text="A mail address, or empty.")
    turn = serializers.CharField(help_text="Who has the ball: US, CUSTOMER, MICROSOFT, DISTRIBUTOR or NOBODY.")
    service = serializers.CharField(source="service.name", default="")
    queue = serializers.CharField(source="queue.name")
    owner = serializers.CharField(source="owner.name", default="")
    issue = serializers.CharField(source="issue.microsoft_id", default="", help_text="Microsoft's id, or empty.")
    promise_at = serializers.SerializerMethodField(help_text="When our next promise ends, or a broken one ended.")

    class Meta:
        model = Ticket
        fields = (
            *("number", "tenant_id", "customer", "requester_name", "requester_address", "subject", "family"),
            *("service", "kind", "severity", "queue", "owner", "status", "turn", "tags", "language", "channel"),
            *("issue", "created_at", "updated_at", "asked_at", "answered_at", "first_answered_at", "solved_at"),
            *("closed_at", "promise_at", "reopened", "snoozed_until", "version"),
        )
        read_only_fields = fields

    def get_promise_at(self, ticket: Ticket) -> datetime | None:
        return None if ticket.promise_at == NEVER else ticket.promise_at
