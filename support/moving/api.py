"""Imports of tickets for programs: send a file, see what would come of it, start it, follow it."""

from typing import Any, cast

from django.utils import timezone
from drf_spectacular.utils import extend_schema
from rest_framework import serializers
from rest_framework.parsers import MultiPartParser
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from csp_portal.accounts.api import HasCapability
from csp_portal.accounts.idempotency import acts_once
from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability
from customers.api import IDEMPOTENCY_KEY
from support.models import ImportedRow, TicketImport
from support.moving.preparing import prepare, start
from support.moving.reading import FileProblem
from support.moving.views import LISTED, ImportForm, counts_of, job_of, visible_jobs

PROBLEMS_SHOWN = 100
State = ImportedRow.State


class ImportProblemSerializer(serializers.Serializer[ImportedRow]):
    place = serializers.IntegerField(help_text="Its line, or how many-th mail or object it is.")
    external_id = serializers.CharField()
    problem = serializers.CharField()


class TicketImportSerializer(serializers.ModelSerializer[TicketImport]):
    shape = serializers.CharField(help_text="CSV, JSON or MBOX.")
    pending = serializers.IntegerField(help_text="Rows that are still to be taken over.")
    done = serializers.IntegerField()
    same = serializers.IntegerField(help_text="Rows that were here already.")
    refused = serializers.IntegerField()
    problems = ImportProblemSerializer(many=True, help_text="The first hundred of the refused rows.")
    is_running = serializers.BooleanField()

    class Meta:
        model = TicketImport
        fields = (
            *("id", "file_name", "shape", "source", "made_at", "started_at", "stopped_at", "is_running"),
            *("pending", "done", "same", "refused", "problems"),
        )
        read_only_fields = fields

    def to_representation(self, job: TicketImport) -> dict[str, Any]:
        counts = counts_of(job)
        refused = job.rows.filter(state=State.REFUSED).order_by("place")[:PROBLEMS_SHOWN]
        columns = ("file_name", "shape", "source", "made_at", "started_at", "stopped_at")
        return {
            "id": job.pk,
            **{name: getattr(job, name) for name in columns},
            "is_running": job.due_at is not None,
            **{state.value.lower(): number for state, number in counts.items()},
            "problems": ImportProblemSerializer(refused, many=True).data,  # type: ignore[arg-type]  # many
        }


class SentImportSerializer(serializers.Serializer[Any]):
    """The fields of a multipart form."""

    file = serializers.FileField(help_text="CSV, JSON or mbox; at most 25 MB and 20,000 tickets.")
    source = serializers.CharField(  # type: ignore[assignment]  # a field of a serializer has one too
        max_length=60, help_text="What came from there once is not taken over again."
    )
    queue = serializers.IntegerField(help_text="The number of the queue for tickets that name none.")
    mails_are_ended = serializers.BooleanField(required=False, help_text="Closed tickets of mails.")


class TicketImportsView(APIView):
    capability = capability_to_write = Capability.MANAGE_PORTAL
    permission_classes = [HasCapability]
    parser_classes = [MultiPartParser]

    @extend_schema(operation_id="ticket_imports_list", responses=TicketImportSerializer(many=True))
    def get(self, request: Request) -> Response:
        """The latest fifty."""
        jobs = visible_jobs(cast(User, request.user)).order_by("-pk")[:LISTED]
        return Response(TicketImportSerializer(jobs, many=True).data)

    @extend_schema(
        operation_id="ticket_imports_create",
        request={"multipart/form-data": SentImportSerializer},
        responses={201: TicketImportSerializer},
        parameters=[IDEMPOTENCY_KEY],
    )
    @acts_once
    def post(self, request: Request) -> Response:
        """Look at a file; nothing of it becomes a ticket before it is started."""
        form = ImportForm(request.POST, request.FILES)
        if not form.is_valid():
            raise serializers.ValidationError({name: list(map(str, words)) for name, words in form.errors.items()})
        try:
            job = prepare(form.asked(), by=cast(User, request.user), now=timezone.now())
        except FileProblem as problem:
            raise serializers.ValidationError({"file": [str(problem)]}) from problem
        return Response(TicketImportSerializer(job).data, status=201)


class TicketImportView(APIView):
    capability = capability_to_write = Capability.MANAGE_PORTAL
    permission_classes = [HasCapability]

    @extend_schema(operation_id="ticket_imports_retrieve", responses=TicketImportSerializer)
    def get(self, request: Request, pk: int) -> Response:
        return Response(TicketImportSerializer(job_of(cast(User, request.user), pk)).data)

    @extend_schema(operation_id="ticket_imports_start", request=None, responses={202: TicketImportSerializer})
    def post(self, request: Request, pk: int) -> Response:
        """Start it, or go on with it."""
        user = cast(User, request.user)
        start(job_of(user, pk), now=timezone.now())
        return Response(TicketImportSerializer(job_of(user, pk)).data, status=202)
