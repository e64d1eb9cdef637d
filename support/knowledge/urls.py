"""Addresses of runbooks."""

from django.urls import path

from support.knowledge import beside_views, views

urlpatterns = [
    path("desk/runbooks/", views.runbook_list, name="runbook_list"),
    path("desk/runbooks/export.csv", views.runbook_export, name="runbook_export"),
    path("desk/runbooks/new/", views.runbook_new, name="runbook_new"),
    path("desk/runbooks/offered/", beside_views.runbooks_offered, name="runbooks_offered"),
    path("desk/runbooks/<int:pk>/", views.runbook_page, name="runbook_page"),
    path("desk/runbooks/<int:pk>/write/", views.runbook_write, name="runbook_write"),
    path("desk/runbooks/<int:pk>/history/", views.runbook_history, name="runbook_history"),
    path("desk/runbooks/<int:pk>/retire/", views.runbook_retire, name="runbook_retire"),
    path("desk/runbooks/<int:pk>/rate/", beside_views.runbook_rate, name="runbook_rate"),
    path("desk/runbooks/<int:pk>/wish/", beside_views.runbook_wish, name="runbook_wish"),
    path("desk/runbooks/<int:pk>/wish/<int:wish_pk>/done/", beside_views.runbook_settle, name="runbook_settle"),
    path("tickets/<int:number>/runbooks/", beside_views.ticket_runbooks, name="ticket_runbooks"),
]
