"""Addresses of an agent's tools."""

from django.urls import path

from support.tools import canned_views, relation_views

_CANNED = "settings/desk/replies/"

urlpatterns = [
    path("tickets/<int:number>/canned/", canned_views.ticket_canned, name="ticket_canned"),
    path(_CANNED, canned_views.canned_replies, name="canned_replies"),
    path(f"{_CANNED}new/", canned_views.canned_reply_new, name="canned_reply_new"),
    path(f"{_CANNED}<int:pk>/", canned_views.canned_reply, name="canned_reply"),
    path(f"{_CANNED}<int:pk>/delete/", canned_views.canned_reply_delete, name="canned_reply_delete"),
    path("tickets/<int:number>/related/", relation_views.ticket_related, name="ticket_related"),
    path("tickets/<int:number>/relate/", relation_views.ticket_relate, name="ticket_relate"),
    path("tickets/<int:number>/unmerge/", relation_views.ticket_unmerge, name="ticket_unmerge"),
    path("tickets/<int:number>/split/<int:pk>/", relation_views.ticket_split, name="ticket_split"),
    path("settings/desk/reopening/", relation_views.desk_reopening, name="desk_reopening"),
]
