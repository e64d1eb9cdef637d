"""Addresses of promises: those of a ticket."""

from django.urls import path

from support.sla import views

urlpatterns = [
    path("tickets/<int:number>/clocks/", views.ticket_clocks, name="ticket_clocks"),
]
