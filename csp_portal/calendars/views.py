"""Settings: calendars of open hours and holidays."""

from datetime import datetime
from zoneinfo import available_timezones

from django.contrib import messages
from django.db import transaction
from django.db.models import ProtectedError
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from csp_portal.accounts.rights import Capability, SignedInRequest, requires
from csp_portal.audit.actions import Action
from csp_portal.audit.log import record
from csp_portal.calendars.forms import CalendarForm, country_of, facts_of, plain_days
from csp_portal.calendars.hours import hours_of, is_open, next_opening
from csp_portal.calendars.models import Calendar
from csp_portal.calendars.public_holidays import regions


@require_GET
@requires(Capability.MANAGE_PORTAL)
def calendars(request: SignedInRequest) -> HttpResponse:
    now = timezone.now()
    rows = Calendar.objects.prefetch_related("spans", "holidays").order_by("name")
    return render(
        request, "settings/calendars.html", {"rows": [(row, country_of(row), *_now(row, now=now)) for row in rows]}
    )


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def calendar_new(request: SignedInRequest) -> HttpResponse:
    return _edit(request, Calendar())


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def calendar_edit(request: SignedInRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(Calendar, pk=pk))


@require_GET
@requires(Capability.MANAGE_PORTAL)
def public_holidays(request: SignedInRequest) -> HttpResponse:
    """The part of the form that depends on the country, for another one than it was."""
    country, region = request.GET.get("country", ""), request.GET.get("region", "")
    asked = Calendar(country=country, region=region if region in dict(regions(country)) else "")
    asked.worked_on = plain_days(request.GET.getlist("worked_on"))
    form = CalendarForm(calendar=asked, today=timezone.localdate())
    return render(request, "settings/_public_holidays.html", {"form": form, "is_open": True})


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def calendar_delete(request: SignedInRequest, pk: int) -> HttpResponse:
    calendar = get_object_or_404(Calendar, pk=pk)
    try:
        with transaction.atomic():
            record(Action.CALENDAR_DELETED, by=request.user, about=calendar, before=facts_of(calendar))
            calendar.delete()
    except ProtectedError:
        text = _("%(name)s is in use, by a customer's contract for instance. Choose another one there first.")
        messages.error(request, text % {"name": calendar.name})
        return redirect("settings:calendar_edit", pk)
    messages.success(request, _("The calendar %(name)s is deleted.") % {"name": calendar.name})
    return redirect("settings:calendars")


def _now(calendar: Calendar, *, now: datetime) -> tuple[bool, datetime | None]:
    hours = hours_of(calendar)
    return is_open(hours, at=now), next_opening(hours, at=now)


def _edit(request: SignedInRequest, calendar: Calendar) -> HttpResponse:
    before, is_new = facts_of(calendar), calendar.pk is None
    form = CalendarForm(request.POST or None, calendar=calendar, today=timezone.localdate())
    if "look" not in request.POST and form.is_valid():
        with transaction.atomic():
            kept = form.keep()
            action = Action.CALENDAR_ADDED if is_new else Action.CALENDAR_CHANGED
            record(action, by=request.user, about=kept, before=before, after=facts_of(kept))
        messages.success(request, _("%(title)s is saved.") % {"title": kept.name})
        return redirect("settings:calendars")
    context = {"form": form, "calendar": calendar, "zones": sorted(available_timezones())}
    return render(request, "settings/calendar.html", context)
