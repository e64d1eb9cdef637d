"""Addresses of known issues at the desk."""

from django.urls import path

from support.known import issue_views, suspicion_views, views

urlpatterns = [
    path("issues/<str:cloud>/<str:microsoft_id>/tickets/", issue_views.issue_tickets, name="issue_tickets"),
    path("issues/<str:cloud>/<str:microsoft_id>/tickets/reply/", issue_views.issue_reply, name="issue_reply"),
    path("suspicions/<int:pk>/tickets/", suspicion_views.suspicion_tickets, name="suspicion_tickets"),
    path("settings/desk/suspicions/", suspicion_views.suspicion_rules, name="suspicion_rules"),
    path("tickets/suggestions/", views.suggestions, name="suggestions"),
    path("tickets/<int:number>/suggestions/", views.ticket_suggestions, name="ticket_suggestions"),
    path("tickets/<int:number>/link/", views.ticket_link, name="ticket_link"),
    path("tickets/<int:number>/unfollow/", views.ticket_unfollow, name="ticket_unfollow"),
]
