"""Addresses of the work lists."""

from django.urls import path

from support.lists import views

urlpatterns = [
    path("tickets/", views.ticket_list, name="ticket_list"),
    path("tickets/export.csv", views.ticket_export, name="ticket_export"),
    path("tickets/views/", views.ticket_views, name="ticket_views"),
]
