"""The app calendars."""

from django.apps import AppConfig


class CalendarsConfig(AppConfig):
    name = "csp_portal.calendars"
    label = "calendars"
