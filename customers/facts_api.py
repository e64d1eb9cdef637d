"""What only we know of a customer, for programs: the values of the form, with its rules."""

from typing import Any, ClassVar

from rest_framework import serializers

from csp_portal.accounts.models import User
from csp_portal.calendars.models import Calendar
from customers.models import Customer, Tier


class FactsSerializer(serializers.ModelSerializer[Customer]):
    tier = serializers.ChoiceField(
        choices=Tier.choices, allow_blank=True, help_text="Of its support; empty: not known."
    )
    seats = serializers.IntegerField(min_value=0, max_value=10_000_000, allow_null=True)
    owner = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.filter(is_active=True),
        pk_field=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        allow_null=True,
        help_text="The id of who of us looks after it.",
    )
    owner_name = serializers.CharField(source="owner.name", read_only=True, default="")
    calendar = serializers.PrimaryKeyRelatedField(
        queryset=Calendar.objects.all(),
        pk_field=serializers.IntegerField(min_value=1, max_value=2**31 - 1),
        allow_null=True,
        help_text="The id of the hours of its contract.",
    )
    calendar_name = serializers.CharField(source="calendar.name", read_only=True, default="")

    contract_ends_on = serializers.DateField(allow_null=True, help_text="The last day of our contract with it.")

    class Meta:
        model = Customer
        fields = ("tier", "seats", "is_vip", "owner", "owner_name", "calendar", "calendar_name", "contract_ends_on")
        extra_kwargs: ClassVar[dict[str, Any]] = {"is_vip": {"help_text": "Called before others."}}
