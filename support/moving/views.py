"""Importing tickets: send a file, look at what would come of it, start it, follow it, stop it."""

from collections.abc import Iterator
from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import Count, QuerySet
from django.http import Http404, HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.models import User
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.attachments.take_in import LARGEST, LARGEST_BODY
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.keyset import page_of
from csp_portal.limits.middleware import takes_up_to
from csp_portal.limits.rates import limited
from csp_portal.spreadsheet import csv_answer
from support.models import ImportedRow, Queue, TicketImport
from support.moving.letters import said_by
from support.moving.preparing import Asked, prepare, start, stop
from support.moving.reading import FileProblem
from support.moving.samples import SAMPLES
from support.moving.shapes import HEADERS

State = ImportedRow.State
PREVIEWED, LISTED = 20, 50


class ImportForm(forms.Form):
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, JSON or mbox, at most 25 MB and 20,000 tickets."),
        widget=forms.ClearableFileInput(attrs={"class": "form-control"}),
    )
    source = forms.CharField(
        label=gettext_lazy("Where it comes from"),
        help_text=gettext_lazy("For instance the old desk's name. What came from there once is not taken over again."),
        max_length=60,
        widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
    )
    queue = forms.ModelChoiceField(
        label=gettext_lazy("Queue"),
        help_text=gettext_lazy("For tickets that name none."),
        queryset=Queue.objects.none(),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    mails_are_ended = forms.BooleanField(
        label=gettext_lazy("Mails are history: make closed tickets of them"),
        required=False,
        initial=True,
        widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        queues = Queue.objects.filter(is_used=True).order_by("name")
        self.fields["queue"].queryset = queues  # type: ignore[attr-defined]  # of a ModelChoiceField
        self.fields["queue"].initial = queues.first()

    def clean_file(self) -> Any:
        upload = self.cleaned_data["file"]
        if upload.size > LARGEST:
            raise forms.ValidationError(_("A file may have 25 MB. Send it in several parts."))
        return upload

    def asked(self) -> Asked:
        said = self.cleaned_data
        upload = said["file"]
        facts = {name: said[name] for name in ("source", "queue", "mails_are_ended")}
        return Asked(content=upload.read(), name=upload.name or "", **facts)


@limited("ticket-import", per_minute=10)
@takes_up_to(LARGEST_BODY)
@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def imports(request: SignedInRequest) -> HttpResponse:
    """The form, and what was imported before."""
    form = ImportForm(request.POST or None, request.FILES or None)
    if request.method == "POST" and form.is_valid():
        try:
            job = prepare(form.asked(), by=request.user, now=timezone.now())
            return redirect("support:ticket_import", pk=job.pk)
        except FileProblem as problem:
            form.add_error("file", str(problem))
    jobs = visible_jobs(request.user).annotate(count=Count("rows")).order_by("-pk")[:LISTED]
    context = {"form": form, "jobs": jobs, "columns": list(HEADERS)}
    return render(request, "settings/ticket_imports.html", context)


@require_safe
@requires(Capability.MANAGE_PORTAL)
def import_sample(request: SignedInRequest, shape: str) -> HttpResponse:
    if shape not in SAMPLES:
        raise Http404(_("There is no sample of this shape."))
    text, media_type = SAMPLES[shape]
    answer = HttpResponse(text, content_type=media_type)
    answer["Content-Disposition"] = f'attachment; filename="tickets.{shape}"'
    return answer


@require_safe
@requires(Capability.MANAGE_PORTAL)
def import_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """Before it is started what would come of it; then how far it is, and what became of each row."""
    job = job_of(request.user, pk)
    counts = counts_of(job)
    state = request.GET.get("state", "")
    rows = job.rows.filter(state=state) if state in State.values else job.rows.all()
    context = {
        "job": job,
        "counts": [(one, counts[one]) for one in State],
        "pending": counts[State.PENDING],
        "total": sum(counts.values()),
        "done": sum(counts.values()) - counts[State.PENDING],
        "preview": [] if job.started_at else previewed(job),
        "page": page_of(rows, order=("-state", "place"), mark=request.GET.get("page", "")),
    }
    is_fragment = request.headers.get("HX-Request") == "true"
    return render(request, f"settings/{'_' if is_fragment else ''}ticket_import.html", context)


def visible_jobs(user: User) -> QuerySet[TicketImport]:
    """One's own, and all of them for who sees all customers: the rows say whose tickets they are."""
    jobs = TicketImport.objects.select_related("person", "queue")
    return jobs if user.sees == User.Sees.ALL else jobs.filter(person=user)


def job_of(user: User, pk: int) -> TicketImport:
    return get_object_or_404(visible_jobs(user), pk=pk)


def previewed(job: TicketImport) -> list[dict[str, Any]]:
    """The first rows as they would be taken over, by the names of the columns."""
    rows = job.rows.filter(state=State.PENDING).select_related("mail").order_by("place")[:PREVIEWED]
    told = ({"place": row.place, **(said_by(row.mail) if row.mail else row.content)} for row in rows)
    return [{name.replace(" ", "_"): cell for name, cell in cells.items()} for cells in told]


def counts_of(job: TicketImport) -> dict[State, int]:
    found = dict(job.rows.order_by().values_list("state").annotate(Count("pk")))
    return {state: found.get(state.value, 0) for state in State}


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def import_start(request: SignedInRequest, pk: int) -> HttpResponse:
    start(job_of(request.user, pk), now=timezone.now())
    return redirect("support:ticket_import", pk=pk)


@require_POST
@requires(Capability.MANAGE_PORTAL)
def import_stop(request: SignedInRequest, pk: int) -> HttpResponse:
    stop(job_of(request.user, pk), now=timezone.now())
    messages.success(request, _("Stopped. What was taken over stays."))
    return redirect("support:ticket_import", pk=pk)


@require_POST
@requires(Capability.MANAGE_PORTAL)
def import_discard(request: SignedInRequest, pk: int) -> HttpResponse:
    """Before it was started: nothing of it stays."""
    job = job_of(request.user, pk)
    if TicketImport.objects.filter(pk=job.pk, started_at__isnull=True).delete()[0]:
        messages.success(request, _("Discarded. Nothing was taken over."))
    else:
        messages.error(request, _("It was started already. Stop it instead."))
    return redirect("support:ticket_imports")


@require_safe
@requires(Capability.EXPORT, step_up=True)
def import_result(request: SignedInRequest, pk: int) -> HttpResponseBase:
    """What became of every row."""
    job = job_of(request.user, pk)
    record(Action.TICKETS_EXPORTED, by=request.user, about=job)
    header = [_("Row"), _("Id"), _("Result"), _("Ticket"), _("Problem")]
    return csv_answer(f"import-{job.pk}", header=header, rows=_result(job))


def _result(job: TicketImport) -> Iterator[list[object]]:
    for row in job.rows.order_by("place").iterator():
        yield [row.place, row.external_id, row.get_state_display(), row.ticket_id or "", row.problem]
