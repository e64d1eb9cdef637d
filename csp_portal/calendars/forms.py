"""The form of a calendar: hours of each weekday in a line, holidays one a line."""

import re
from collections.abc import Sequence
from contextlib import suppress
from datetime import date
from typing import Any
from zoneinfo import available_timezones

from django import forms
from django.http import QueryDict
from django.utils import translation
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from csp_portal.calendars.models import MINUTES_OF_A_DAY, Calendar, Holiday, OpenSpan
from csp_portal.calendars.public_holidays import countries, named_days_of, regions

HOLIDAYS_MOST = 500
YEARS_SHOWN = 3
_SPAN = re.compile(r"(\d{1,2}):(\d{2})\s*[-–—~]\s*(\d{1,2}):(\d{2})")
_HOLIDAY = re.compile(r"(?:(\d{4})-)?(\d{1,2})-(\d{1,2})(?:\s+(.*))?")
_LEAP_YEAR = 2024


def _input(**attrs: Any) -> forms.TextInput:
    return forms.TextInput(attrs={"class": "form-control", "autocomplete": "off", **attrs})


def _select() -> forms.Select:
    return forms.Select(attrs={"class": "form-select"})


class CalendarForm(forms.Form):
    name = forms.CharField(label=gettext_lazy("Name"), max_length=80, widget=_input())
    zone = forms.CharField(
        label=gettext_lazy("Time zone"),
        max_length=60,
        widget=_input(list="zones"),
        help_text=gettext_lazy("As Asia/Taipei or Europe/Berlin."),
    )
    country = forms.ChoiceField(label=gettext_lazy("Public holidays of"), required=False, widget=_select())
    region = forms.ChoiceField(label=gettext_lazy("Region"), required=False, widget=_select())
    holidays = forms.CharField(
        label=gettext_lazy("Further days without hours"),
        required=False,
        max_length=50_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 8}),
        help_text=gettext_lazy("One a line: 2026-02-17 Lunar New Year for that day, 12-25 Christmas for each year."),
    )

    def __init__(self, *args: Any, calendar: Calendar, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **{"initial": _shown(calendar), **kwargs})
        self.calendar, self.years = calendar, range(today.year, today.year + YEARS_SHOWN)
        self._offer("country", [("", _("no country")), *countries(_locale())])
        chosen = str(self["country"].value() or "")
        self._offer("region", [("", _("the whole country")), *regions(chosen)])
        for weekday in OpenSpan.Weekday:
            field = forms.CharField(label=weekday.label, required=False, max_length=200, widget=_input())
            self.fields[f"day_{weekday.value}"] = field

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]  # of a ChoiceField

    def public_days(self) -> list[tuple[date, str, bool]]:
        """The public holidays of what is chosen now, this year and the next two, and whether there is work on them."""
        country, region = (str(self[name].value() or "") for name in ("country", "region"))
        if not country or country not in dict(self.fields["country"].choices):  # type: ignore[attr-defined]  # of a ChoiceField
            return []
        worked = self._worked() if self.is_bound else set(self.calendar.worked_on)
        language = translation.get_language() or "en"
        days = (one for year in self.years for one in named_days_of(country, region, year, language=language))
        return [(day, name, day in worked) for day, name in days]

    def _worked(self) -> set[date]:
        return set(plain_days(self.data.getlist("worked_on")) if isinstance(self.data, QueryDict) else [])

    def weekdays(self) -> list[forms.BoundField]:
        return [self[f"day_{weekday.value}"] for weekday in OpenSpan.Weekday]

    def clean_name(self) -> str:
        name = str(self.cleaned_data["name"])
        if Calendar.objects.filter(name__iexact=name).exclude(pk=self.calendar.pk).exists():
            raise forms.ValidationError(_("There is a calendar of this name already."))
        return name

    def clean_zone(self) -> str:
        zone = str(self.cleaned_data["zone"]).strip()
        if zone not in available_timezones():
            raise forms.ValidationError(_("This time zone is not known. Choose one of the list, as Asia/Taipei."))
        return zone

    def clean_holidays(self) -> list[Holiday]:
        lines = [line.strip() for line in str(self.cleaned_data["holidays"]).splitlines() if line.strip()]
        if len(lines) > HOLIDAYS_MOST:
            raise forms.ValidationError(_("Enter at most %(most)d holidays.") % {"most": HOLIDAYS_MOST})
        return [_holiday(line) for line in lines]

    def clean(self) -> None:
        self.spans: list[OpenSpan] = []
        for weekday in OpenSpan.Weekday:
            try:
                self.spans += _spans(self.cleaned_data.get(f"day_{weekday.value}", ""), weekday=weekday)
            except forms.ValidationError as error:
                self.add_error(f"day_{weekday.value}", error)

    def keep(self) -> Calendar:
        """Call it in a transaction: the calendar with the hours and holidays of the form, and no others."""
        calendar = self.calendar
        calendar.name, calendar.zone = self.cleaned_data["name"], self.cleaned_data["zone"]
        is_same = calendar.country == self.cleaned_data["country"]
        older = {day for day in calendar.worked_on if is_same and day.year not in self.years}
        offered = {day for day, _name, _is_worked in self.public_days()}
        calendar.country, calendar.region = self.cleaned_data["country"], self.cleaned_data["region"]
        calendar.worked_on = sorted(older | (self._worked() & offered))
        calendar.save()
        holidays: list[Holiday] = self.cleaned_data["holidays"]
        for span in self.spans:
            span.calendar = calendar
        for holiday in holidays:
            holiday.calendar = calendar
        calendar.spans.all().delete()
        calendar.spans.bulk_create(self.spans)
        calendar.holidays.all().delete()
        calendar.holidays.bulk_create(holidays)
        return calendar


def country_of(calendar: Calendar) -> str:
    """Whose public holidays are kept, in words: Germany, Bayern (BY)."""
    names = (dict(countries(_locale())).get(calendar.country), dict(regions(calendar.country)).get(calendar.region))
    return ", ".join(filter(None, names))


def _locale() -> str:
    return translation.to_locale(translation.get_language() or "en")


def facts_of(calendar: Calendar) -> dict[str, Any]:
    """What the audit says of a calendar; of one that is not there yet, nothing."""
    return {name: value for name, value in _shown(calendar).items() if value}


def _shown(calendar: Calendar) -> dict[str, Any]:
    shown: dict[str, Any] = {"country": calendar.country, "region": calendar.region}
    if not calendar.pk:
        return shown
    shown |= {"name": calendar.name, "zone": calendar.zone}
    shown["worked_on"] = ", ".join(day.isoformat() for day in calendar.worked_on)
    shown["holidays"] = "\n".join(str(day) for day in calendar.holidays.order_by("year", "month", "day"))
    spans = list(calendar.spans.order_by("begins"))
    for weekday in OpenSpan.Weekday:
        shown[f"day_{weekday.value}"] = ", ".join(str(span) for span in spans if span.weekday == weekday)
    return shown


def plain_days(texts: Sequence[str]) -> list[date]:
    """Those that are days, as 2026-12-25."""
    days = []
    for text in texts[:HOLIDAYS_MOST]:
        with suppress(ValueError):
            days.append(date.fromisoformat(text))
    return days


def _spans(text: str, *, weekday: OpenSpan.Weekday) -> list[OpenSpan]:
    spans, last = [], -1
    for part in filter(None, (part.strip() for part in re.split(r"[,;，、]", text))):
        found = _SPAN.fullmatch(part)
        if not found:
            raise forms.ValidationError(_("Write hours as 09:00-12:00, 13:00-17:30; 24:00 is the end of the day."))
        begin_hour, begin_minute, end_hour, end_minute = map(int, found.groups())
        begins, ends = begin_hour * 60 + begin_minute, end_hour * 60 + end_minute
        if max(begin_minute, end_minute) > 59 or ends > MINUTES_OF_A_DAY or begins >= ends:
            raise forms.ValidationError(_("%(hours)s ends before it begins, or is not a time.") % {"hours": part})
        if begins < last:
            raise forms.ValidationError(_("Enter the hours of a day in order, without overlaps."))
        spans.append(OpenSpan(weekday=weekday, begins=begins, ends=ends))
        last = ends
    return spans


def _holiday(line: str) -> Holiday:
    found = _HOLIDAY.fullmatch(line)
    wrong = forms.ValidationError(
        _("“%(line)s” is not a day. Write 2026-12-25 Christmas, or 12-25 Christmas for each year.") % {"line": line}
    )
    if not found:
        raise wrong
    year, month, day = int(found[1]) if found[1] else None, int(found[2]), int(found[3])
    try:
        date(year or _LEAP_YEAR, month, day)
    except ValueError:
        raise wrong from None
    return Holiday(year=year, month=month, day=day, name=(found[4] or "").strip()[:80])
