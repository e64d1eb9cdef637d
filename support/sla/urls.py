"""Addresses of promises: those of a ticket, and the settings."""

from django.urls import path

from support.sla import settings_views, views

_SETTINGS = "settings/desk/promises/"

urlpatterns = [
    path("tickets/<int:number>/clocks/", views.ticket_clocks, name="ticket_clocks"),
    path(_SETTINGS, settings_views.desk_promises, name="desk_promises"),
    path(f"{_SETTINGS}new/", settings_views.desk_promise_new, name="desk_promise_new"),
    path(f"{_SETTINGS}preview/", settings_views.desk_promise_preview, name="desk_promise_preview"),
    path(f"{_SETTINGS}microsoft/", settings_views.microsoft_times, name="microsoft_times"),
    path(f"{_SETTINGS}<int:pk>/", settings_views.desk_promise_edit, name="desk_promise_edit"),
    path(f"{_SETTINGS}<int:pk>/delete/", settings_views.desk_promise_delete, name="desk_promise_delete"),
]
