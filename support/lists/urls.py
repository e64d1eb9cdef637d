"""Addresses of the work lists."""

from django.urls import path

from support.lists import bulk_views, views

urlpatterns = [
    path("tickets/", views.ticket_list, name="ticket_list"),
    path("tickets/export.csv", views.ticket_export, name="ticket_export"),
    path("tickets/views/", views.ticket_views, name="ticket_views"),
    path("tickets/bulk/", bulk_views.bulk_preview, name="bulk_preview"),
    path("tickets/bulk/start/", bulk_views.bulk_start, name="bulk_start"),
    path("tickets/bulk/<int:pk>/", bulk_views.bulk_page, name="bulk_page"),
    path("tickets/bulk/<int:pk>/stop/", bulk_views.bulk_stop, name="bulk_stop"),
]
