"""Addresses of a ticket's own pages."""

from django.urls import path

from support import say_views, ticket_views

urlpatterns = [
    path("tickets/new/", ticket_views.ticket_new, name="ticket_new"),
    path("tickets/<int:number>/", ticket_views.ticket_page, name="ticket_page"),
    path("tickets/<int:number>/talk/", ticket_views.ticket_talk, name="ticket_talk"),
    path("tickets/<int:number>/change/", ticket_views.ticket_change, name="ticket_change"),
    path("tickets/<int:number>/presence/", ticket_views.ticket_presence, name="ticket_presence"),
    path("tickets/<int:number>/files/<str:key>/", ticket_views.entry_file, name="entry_file"),
    path("tickets/<int:number>/say/", say_views.ticket_say, name="ticket_say"),
    path("tickets/<int:number>/draft/", say_views.ticket_draft, name="ticket_draft"),
    path("tickets/<int:number>/follow/", say_views.ticket_follow, name="ticket_follow"),
    path("tickets/<int:number>/undo/<int:pk>/", say_views.ticket_undo, name="ticket_undo"),
    path("customers/<uuid:tenant_id>/tickets/", ticket_views.customer_tickets, name="customer_tickets"),
]
