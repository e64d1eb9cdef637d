"""What programs do with tickets: open one, note, reply, change fields; by the verbs and the rules of the pages."""

from collections.abc import Mapping
from typing import Any, cast

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.decorators import action
from rest_framework.request import Request
from rest_framework.response import Response

from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from customers.api import IDEMPOTENCY_KEY
from support.access import get_ticket
from support.changes import change
from support.desk import add_note, open_ticket, reply
from support.entry_api import EntrySerializer, TicketSerializer
from support.models import Channel, Family, Kind, Queue, Severity, Status
from support.ticket_forms import (
    LONGEST,
    NewTicketForm,
    SayForm,
    TicketForm,
    people_of_the_desk,
    services_of,
    shown_fields,
)
from support.values import NewTicket, Stale

_BY_NAME = ("queue", "service", "owner")


class NewTicketSerializer(serializers.Serializer[Any]):
    customer = serializers.CharField(max_length=400, help_text="Tenant ID, domain or whole name.")
    subject = serializers.CharField(max_length=250)
    text = serializers.CharField(max_length=LONGEST, help_text="The customer's own words: the customer can read them.")
    requester_name = serializers.CharField(max_length=200, required=False, allow_blank=True)
    requester_address = serializers.EmailField(required=False, allow_blank=True)
    family = serializers.ChoiceField(Family.choices, default=Family.MICROSOFT_365)
    service = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Microsoft's name of it."
    )
    kind = serializers.ChoiceField(Kind.choices, default=Kind.TECHNICAL)
    severity = serializers.ChoiceField(Severity.choices, default=Severity.C)
    impact = serializers.CharField(max_length=2000, required=False, allow_blank=True, help_text="Severity A needs it.")
    queue = serializers.CharField(max_length=100, required=False, help_text="Its name; the first one unless told.")
    language = serializers.ChoiceField(settings.LANGUAGES, default="en")


class NoteSerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST, help_text="Internal: it never leaves the house.")


class ReplySerializer(serializers.Serializer[Any]):
    text = serializers.CharField(max_length=LONGEST)
    to = serializers.ListField(child=serializers.EmailField(), allow_empty=False, max_length=20)
    cc = serializers.ListField(child=serializers.EmailField(), max_length=20, default=list)
    is_meant = serializers.BooleanField(default=False, help_text="True lets addresses outside of the customer pass.")
    status = serializers.ChoiceField(Status.choices, required=False, help_text="What the ticket becomes with it.")


class TicketChangeSerializer(serializers.Serializer[Any]):
    """Fields that are left out stay; `version` is that of the ticket you looked at."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)
    status = serializers.ChoiceField(Status.choices, required=False)
    severity = serializers.ChoiceField(Severity.choices, required=False)
    impact = serializers.CharField(max_length=2000, required=False, allow_blank=True)
    family = serializers.ChoiceField(Family.choices, required=False)
    kind = serializers.ChoiceField(Kind.choices, required=False)
    subject = serializers.CharField(max_length=250, required=False)
    language = serializers.ChoiceField(settings.LANGUAGES, required=False)
    tags = serializers.ListField(child=serializers.CharField(max_length=40), required=False, max_length=50)
    queue = serializers.CharField(max_length=100, required=False, help_text="Its name.")
    service = serializers.CharField(
        max_length=200, required=False, allow_blank=True, help_text="Microsoft's name of it."
    )
    owner = serializers.CharField(
        max_length=320, required=False, allow_blank=True, help_text="Mail address of one of us; empty is nobody."
    )


class StaleSerializer(serializers.Serializer[Any]):
    """Somebody saved meanwhile, and nothing was written: `now` are the wanted fields as they are."""

    detail = serializers.CharField()
    version = serializers.IntegerField()
    now = serializers.DictField(child=serializers.CharField(allow_blank=True))


class TicketActs:
    """The part of the tickets' view set that writes."""

    @extend_schema(request=NewTicketSerializer, responses={201: TicketSerializer}, parameters=[IDEMPOTENCY_KEY])
    @acts_once
    def create(self, request: Request) -> Response:
        said = _valid(NewTicketSerializer, request)
        user = cast(User, request.user)
        told = {**said, **_keys_of(said, cloud=None)}
        if "queue" not in said:
            told["queue"] = Queue.objects.filter(is_used=True).order_by("name").values_list("pk", flat=True).first()
        form = NewTicketForm(told, user=user)
        _refuse(form)
        clean = form.cleaned_data
        same = ("subject", "text", "queue", "customer", "requester_name", "requester_address", "service", "impact")
        new = NewTicket(
            **{name: clean[name] for name in same},
            channel=Channel.API,
            family=Family(clean["family"]),
            kind=Kind(clean["kind"]),
            severity=Severity(clean["severity"]),
            language=said["language"],
        )
        ticket = open_ticket(new, by=user, now=timezone.now())
        return Response(TicketSerializer(ticket).data, status=201)

    @extend_schema(request=TicketChangeSerializer, responses={200: TicketSerializer, 409: StaleSerializer})
    def partial_update(self, request: Request, number: str) -> Response:
        """Change fields; 409 with what they are now where somebody saved meanwhile."""
        ticket = get_ticket(cast(User, request.user), int(number))
        said = _valid(TicketChangeSerializer, request)
        cloud = ticket.customer.cloud if ticket.customer else None
        given = {name: ", ".join(value) if name == "tags" else value for name, value in said.items()}
        form = TicketForm({**shown_fields(ticket), **given, **_keys_of(said, cloud=cloud)}, ticket=ticket)
        _refuse(form)
        values = {name: value for name, value in form.values().items() if name in said}
        try:
            changed = change(
                ticket.pk, values=values, by=cast(User, request.user), now=timezone.now(), version=said["version"]
            )
        except Stale as stale:
            words = _("Somebody saved meanwhile; nothing was written. Look at it again.")
            told = {"detail": words, "version": stale.ticket.version, "now": dict(stale.theirs)}
            return Response(told, status=409)
        return Response(TicketSerializer(changed).data)

    @extend_schema(request=NoteSerializer, responses={201: EntrySerializer}, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def notes(self, request: Request, number: str) -> Response:
        """Add an internal note."""
        user = cast(User, request.user)
        ticket = get_ticket(user, int(number))
        said = _valid(NoteSerializer, request)
        entry = add_note(ticket.pk, text=said["text"], by=user, now=timezone.now())
        return Response(EntrySerializer(entry).data, status=201)

    @extend_schema(request=ReplySerializer, responses={201: EntrySerializer}, parameters=[IDEMPOTENCY_KEY])
    @action(detail=True, methods=["post"])
    @acts_once
    def replies(self, request: Request, number: str) -> Response:
        """Reply by mail; it leaves ten seconds later, and can be taken back on the page until then."""
        user = cast(User, request.user)
        ticket = get_ticket(user, int(number))
        said = _valid(ReplySerializer, request)
        lines = {"to": ", ".join(said["to"]), "cc": ", ".join(said["cc"])}
        form = SayForm({**said, **lines, "kind": "REPLY"}, ticket=ticket)
        _refuse(form)
        clean = form.cleaned_data
        status = Status(clean["status"]) if clean["status"] else None
        recipients = {"to": clean["to"], "cc": clean["cc"]}
        entry = reply(ticket.pk, text=clean["text"], by=user, now=timezone.now(), status=status, **recipients)
        return Response(EntrySerializer(entry).data, status=201)


def _valid(serializer: type[serializers.Serializer[Any]], request: Request) -> dict[str, Any]:
    said = serializer(data=request.data)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


def _refuse(form: forms.Form) -> None:
    """The form's sentences, by field."""
    if not form.is_valid():
        raise serializers.ValidationError({name: list(map(str, words)) for name, words in form.errors.items()})


def _keys_of(said: Mapping[str, Any], *, cloud: str | None) -> dict[str, Any]:
    """Queue, service and owner by the keys that the forms know; empty stays empty."""
    rows = {
        "queue": Queue.objects.filter(name=said.get("queue")),
        "service": services_of(cloud).filter(name=said.get("service")),
        "owner": people_of_the_desk().filter(email__iexact=said.get("owner", "")),
    }
    found: dict[str, Any] = {}
    for name in _BY_NAME:
        if said.get(name):
            row = rows[name].first()
            if row is None:
                raise serializers.ValidationError({name: [_("There is none of this name.")]})
            found[name] = row.pk
    return found
