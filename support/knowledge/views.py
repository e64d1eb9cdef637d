"""Pages of runbooks: the list, one to read, its versions, and the form to write it."""

from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.accounts.exports import exports
from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.keyset import page_of
from csp_portal.spreadsheet import csv_answer
from health.posts import changes_between
from support.access import visible_tickets
from support.knowledge.filters import RunbookFilter
from support.knowledge.forms import RunbookForm, WishForm, service_names
from support.knowledge.markup import html_of
from support.knowledge.writing import FIELDS, StaleRunbook, judged, retire, visible_ratings, write
from support.models import Family, Kind, Runbook, RunbookVersion

RATINGS_SHOWN = 30
VERSIONS_SHOWN = 100


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def runbook_list(request: SignedInRequest) -> HttpResponse:
    chosen = RunbookFilter.from_query(request.GET)
    page = page_of(chosen.apply(), order=("title", "id"), mark=request.GET.get("page", ""))
    context = {"chosen": chosen, "page": page, "families": Family.choices, "services": service_names()}
    return render(request, "support/runbook_list.html", context)


@exports(Action.RUNBOOKS_EXPORTED)
def runbook_export(request: SignedInRequest) -> HttpResponseBase:
    header = [
        *(_("Title"), _("Product family"), _("Service"), _("Kind"), _("Language"), _("What customers say")),
        *(_("Steps"), _("Version"), _("Changed"), _("Helped"), _("Did not help"), _("Open wishes")),
    ]
    rows = RunbookFilter.from_query(request.GET).apply().order_by("title", "id")
    return csv_answer("runbooks", header=header, rows=map(_cells, rows.iterator(chunk_size=500)))


def _cells(row: Runbook) -> list[object]:
    counts = (getattr(row, name) for name in ("times_helped", "times_not", "open_wishes"))
    family = Family(row.family).label if row.family else ""
    kind = Kind(row.kind).label if row.kind else ""
    said = (row.title, family, row.service_name, kind, row.language, row.words, row.steps)
    return [*said, row.version, row.updated_at.isoformat(), *counts]


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def runbook_page(request: SignedInRequest, pk: int) -> HttpResponse:
    """`?ticket=` is where the reader came from: the judgment is then about that ticket."""
    runbook = get_object_or_404(judged(Runbook.objects.all()), pk=pk)
    number = request.GET.get("ticket", "")
    known = number.isascii() and number.isdecimal() and len(number) < 10
    context = {
        "runbook": runbook,
        "steps": html_of(runbook.steps),
        "ratings": list(visible_ratings(request.user, runbook)[:RATINGS_SHOWN]),
        "wishes": list(runbook.wishes.filter(done_at__isnull=True).select_related("by").order_by("-at", "-pk")),
        "wish_form": WishForm(),
        "ticket": visible_tickets(request.user).filter(pk=int(number)).first() if known else None,
    }
    return render(request, "support/runbook_page.html", context)


@require_safe
@requires(Capability.SEE_CUSTOMERS)
def runbook_history(request: SignedInRequest, pk: int) -> HttpResponse:
    """Each version with what it says otherwise than the one before it."""
    runbook = get_object_or_404(Runbook, pk=pk)
    found: QuerySet[RunbookVersion] = runbook.versions.select_related("by").order_by("-version")
    versions = list(found[: VERSIONS_SHOWN + 1])
    rows = []
    for newer, older in zip(versions, [*versions[1:], None], strict=True):
        changed = changes_between(html_of(older.steps), html_of(newer.steps)) if older else ()
        facts = [field for field in FIELDS if older and getattr(older, field) != getattr(newer, field)]
        rows.append({"version": newer, "changes": changed, "fields": _names(facts)})
    return render(request, "support/runbook_history.html", {"runbook": runbook, "rows": rows[:VERSIONS_SHOWN]})


def _names(fields: list[str]) -> list[str]:
    return [str(Runbook._meta.get_field(field).verbose_name) for field in fields if field != "steps"]  # type: ignore[union-attr]


@require_http_methods(["GET", "POST"])
@requires(Capability.WORK_TICKETS)
def runbook_new(request: SignedInRequest) -> HttpResponse:
    return _write(request, None)


@require_http_methods(["GET", "POST"])
@requires(Capability.WORK_TICKETS)
def runbook_write(request: SignedInRequest, pk: int) -> HttpResponse:
    """`?from=` begins with the words of an older version."""
    return _write(request, get_object_or_404(Runbook, pk=pk))


def _write(request: SignedInRequest, runbook: Runbook | None) -> HttpResponse:
    form = RunbookForm(request.POST or None, runbook=runbook, initial=_initial(request, runbook))
    if form.is_valid():
        try:
            saved = write(
                runbook.pk if runbook else None,
                values=form.values(),
                by=request.user,
                now=timezone.now(),
                version=form.cleaned_data["version"],
            )
        except StaleRunbook:
            words = _("Somebody saved another version meanwhile. Yours is still here; compare it with the history.")
            form.add_error(None, words)
        else:
            messages.success(request, _("Saved as version %(number)d.") % {"number": saved.version})
            return redirect("support:runbook_page", saved.pk)
    status = 409 if form.non_field_errors() else 200
    return render(request, "support/runbook_write.html", {"form": form, "runbook": runbook}, status=status)


def _initial(request: SignedInRequest, runbook: Runbook | None) -> dict[str, object]:
    if runbook is None:
        return {"language": request.user.language or "en"}
    wanted = request.GET.get("from", "")
    known = wanted.isascii() and wanted.isdecimal() and len(wanted) < 10
    older = runbook.versions.filter(version=int(wanted)).first() if known else None
    return {**{name: getattr(older or runbook, name) for name in FIELDS}, "version": runbook.version}


@require_POST
@requires(Capability.WORK_TICKETS)
def runbook_retire(request: SignedInRequest, pk: int) -> HttpResponse:
    runbook = get_object_or_404(Runbook, pk=pk)
    if retire(runbook.pk, by=request.user, now=timezone.now()):
        messages.success(request, _("Retired: it is offered no more. It can be brought back here."))
    else:
        messages.success(request, _("It is offered again."))
    return redirect("support:runbook_page", pk)
