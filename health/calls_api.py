"""Whom to call about an issue, for programs."""

from typing import Any

from rest_framework import serializers

from customers.models import Contact
from health.calls import Line


class CallContactSerializer(serializers.ModelSerializer[Contact]):
    class Meta:
        model = Contact
        fields = ("name", "address", "phone")
        read_only_fields = fields


class CallSerializer(serializers.Serializer[Line]):
    tenant_id = serializers.UUIDField(source="customer.tenant_id")
    customer = serializers.CharField(source="customer.name")
    reasons = serializers.ListField(child=serializers.CharField(), help_text="Why it stands here, in words.")
    contacts = CallContactSerializer(many=True)
    called_at = serializers.DateTimeField(source="call.called_at", default=None, allow_null=True)
    called_by = serializers.CharField(source="call.by.name", default="")
    note = serializers.CharField(source="call.note", default="")


class CallNoteSerializer(serializers.Serializer[Any]):
    note = serializers.CharField(max_length=500, allow_blank=True, default="", help_text="What was said.")


class CallListSerializer(serializers.Serializer[Any]):
    next = serializers.CharField(help_text="What to send as `page` for the next lines; empty on the last page.")
    results = CallSerializer(many=True, help_text="Whom to call first comes first.")
