"""Addresses of the way to Microsoft."""

from django.urls import path

from support.escalation import views

_TICKET = "tickets/<int:number>/escalate/"

urlpatterns = [
    path(_TICKET, views.escalate, name="escalate"),
    path(f"{_TICKET}gate/", views.escalate_gate, name="escalate_gate"),
    path(f"{_TICKET}check/", views.escalate_check, name="escalate_check"),
    path(f"{_TICKET}checklists/<int:pk>/", views.escalate_tick, name="escalate_tick"),
    path(f"{_TICKET}begin/", views.escalate_begin, name="escalate_begin"),
]
