"""What programs do with the files of a ticket: list them, fetch one, and say something with files."""

from typing import Any, cast

from django.db import transaction
from django.http import HttpResponseBase
from django.utils import timezone
from django.utils.translation import gettext as _
from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.exceptions import PermissionDenied
from rest_framework.generics import get_object_or_404
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from csp_portal.attachments.download import download_of
from csp_portal.attachments.kinds import AttachmentError
from csp_portal.attachments.models import Attachment
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from customers.api import IDEMPOTENCY_KEY
from support.access import get_ticket
from support.attaching import add_files
from support.desk import add_note, reply
from support.entry_api import EntrySerializer
from support.models import Entry, EntryFile, Status, Ticket
from support.ticket_forms import LONGEST, SayForm


class TicketFileSerializer(serializers.Serializer[EntryFile]):
    """A file of the conversation; what is not public never leaves the house."""

    key = serializers.CharField(source="attachment.key")
    name = serializers.CharField(source="attachment.name")
    size = serializers.IntegerField(source="attachment.size", help_text="Bytes.")
    sha256 = serializers.CharField(source="attachment.sha256")
    media_type = serializers.CharField(source="attachment.media_type", help_text="By its content.")
    state = serializers.ChoiceField(Attachment.State.choices, source="attachment.state")
    entry = serializers.IntegerField(source="entry_id")
    is_public = serializers.BooleanField(source="entry.is_public")
    at = serializers.DateTimeField(source="entry.at")


class SayWithFilesSerializer(serializers.Serializer[Any]):
    """The fields of a multipart form; a reply needs `to`."""

    kind = serializers.ChoiceField([(Entry.Kind.NOTE, "Internal note"), (Entry.Kind.REPLY, "Reply")])
    text = serializers.CharField(max_length=LONGEST)
    files = serializers.ListField(child=serializers.FileField(), help_text="Each at most 25 MB, judged by its content.")
    to = serializers.CharField(required=False, help_text="Mail addresses, parted by commas.")
    cc = serializers.CharField(required=False, help_text="Mail addresses, parted by commas.")
    is_meant = serializers.BooleanField(required=False, help_text="True lets addresses outside of the customer pass.")
    status = serializers.ChoiceField(Status.choices, required=False, help_text="What the ticket becomes with a reply.")


class TicketFilesView(APIView):
    capability = Capability.SEE_CUSTOMERS
    capability_to_write = Capability.WORK_TICKETS
    permission_classes = [HasCapability]
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="tickets_attachments_list", responses=TicketFileSerializer(many=True))
    def get(self, request: Request, number: int) -> Response:
        """The files of the conversation, oldest first."""
        ticket = get_ticket(cast(User, request.user), number)
        return Response(TicketFileSerializer(_files_of(ticket), many=True).data)

    @extend_schema(
        operation_id="tickets_attachments_create",
        request={"multipart/form-data": SayWithFilesSerializer},
        responses={201: EntrySerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @acts_once
    def post(self, request: Request, number: int) -> Response:
        """Add an internal note, or reply by mail, with files: all of it or nothing."""
        user = cast(User, request.user)
        ticket = get_ticket(user, number)
        uploads = request.FILES.getlist("files")
        form = SayForm(request.POST, ticket=ticket)
        if not form.is_valid():
            raise serializers.ValidationError({name: list(map(str, words)) for name, words in form.errors.items()})
        if not uploads:
            raise serializers.ValidationError({"files": [_("No file came with it. Send it as multipart/form-data.")]})
        try:
            entry = _say(ticket, form.cleaned_data, uploads, by=user)
        except AttachmentError as error:
            raise serializers.ValidationError({"files": [str(error)]}) from error
        return Response(EntrySerializer(entry).data, status=201)


class TicketFileView(APIView):
    capability = Capability.SEE_CUSTOMERS
    permission_classes = [HasCapability]

    @extend_schema(operation_id="tickets_attachments_retrieve", responses={(200, "*/*"): OpenApiTypes.BINARY})
    def get(self, request: Request, number: int, key: str) -> HttpResponseBase:
        """The file itself, where its scan lets it be handed out."""
        user = cast(User, request.user)
        ticket = get_ticket(user, number)
        found = get_object_or_404(_files_of(ticket), attachment__key=key).attachment
        if not found.may_be_read:
            raise PermissionDenied(_("This file is not handed out: %(state)s.") % {"state": found.get_state_display()})
        tenant = ticket.customer.tenant_id if ticket.customer else None
        record(Action.FILE_READ, by=user, about=found, customer=tenant)
        return download_of(found)


def _files_of(ticket: Ticket) -> Any:
    rows = EntryFile.objects.filter(entry__ticket=ticket, entry__undone_at__isnull=True)
    return rows.select_related("attachment", "entry").order_by("entry__at", "pk")


@transaction.atomic
def _say(ticket: Ticket, said: dict[str, Any], uploads: Any, *, by: User) -> Entry:
    now = timezone.now()
    if said["kind"] == Entry.Kind.REPLY:
        status = Status(said["status"]) if said["status"] else None
        entry = reply(ticket.pk, text=said["text"], to=said["to"], cc=said["cc"], by=by, now=now, status=status)
    else:
        entry = add_note(ticket.pk, text=said["text"], by=by, now=now)
    add_files(entry, uploads)
    return entry
