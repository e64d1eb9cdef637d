"""Addresses of an agent's tools."""

from django.urls import path

from support.tools import bell_views, canned_views, macro_views, relation_views, work_views

_CANNED = "settings/desk/replies/"
_MACROS = "settings/desk/macros/"

urlpatterns = [
    path("tickets/<int:number>/work/", work_views.ticket_work, name="ticket_work"),
    path("tickets/<int:number>/sleep/", work_views.ticket_sleep, name="ticket_sleep"),
    path("tickets/<int:number>/checklist/", work_views.ticket_items, name="ticket_items"),
    path("tickets/<int:number>/checklist/<int:pk>/", work_views.ticket_item, name="ticket_item"),
    path("tickets/<int:number>/time/", work_views.ticket_time, name="ticket_time"),
    path("tickets/<int:number>/time/<int:pk>/gone/", work_views.ticket_time_gone, name="ticket_time_gone"),
    path("tickets/<int:number>/canned/", canned_views.ticket_canned, name="ticket_canned"),
    path(_CANNED, canned_views.canned_replies, name="canned_replies"),
    path(f"{_CANNED}new/", canned_views.canned_reply_new, name="canned_reply_new"),
    path(f"{_CANNED}<int:pk>/", canned_views.canned_reply, name="canned_reply"),
    path(f"{_CANNED}<int:pk>/delete/", canned_views.canned_reply_delete, name="canned_reply_delete"),
    path("tickets/for-you/", bell_views.for_you, name="for_you"),
    path("tickets/for-you/seen/", bell_views.all_seen, name="bells_seen"),
    path("tickets/for-you/by-mail/", bell_views.by_mail, name="bells_by_mail"),
    path("tickets/for-you/<int:pk>/", bell_views.bell, name="bell"),
    path("tickets/<int:number>/remind/", bell_views.ticket_remind, name="ticket_remind"),
    path("tickets/<int:number>/macros/", macro_views.ticket_macros, name="ticket_macros"),
    path("tickets/<int:number>/macros/<int:pk>/", macro_views.ticket_macro, name="ticket_macro"),
    path(_MACROS, macro_views.macros, name="macros"),
    path(f"{_MACROS}new/", macro_views.macro_new, name="macro_new"),
    path(f"{_MACROS}<int:pk>/", macro_views.macro, name="macro"),
    path(f"{_MACROS}<int:pk>/delete/", macro_views.macro_delete, name="macro_delete"),
    path("tickets/<int:number>/related/", relation_views.ticket_related, name="ticket_related"),
    path("tickets/<int:number>/relate/", relation_views.ticket_relate, name="ticket_relate"),
    path("tickets/<int:number>/unmerge/", relation_views.ticket_unmerge, name="ticket_unmerge"),
    path("tickets/<int:number>/split/<int:pk>/", relation_views.ticket_split, name="ticket_split"),
    path("settings/desk/reopening/", relation_views.desk_reopening, name="desk_reopening"),
]
