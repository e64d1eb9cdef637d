"""Addresses of an agent's tools."""

from django.urls import path

from support.tools import relation_views

urlpatterns = [
    path("tickets/<int:number>/related/", relation_views.ticket_related, name="ticket_related"),
    path("tickets/<int:number>/relate/", relation_views.ticket_relate, name="ticket_relate"),
    path("tickets/<int:number>/unmerge/", relation_views.ticket_unmerge, name="ticket_unmerge"),
    path("tickets/<int:number>/split/<int:pk>/", relation_views.ticket_split, name="ticket_split"),
    path("settings/desk/reopening/", relation_views.desk_reopening, name="desk_reopening"),
]
