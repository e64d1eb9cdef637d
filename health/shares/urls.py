"""Addresses of signed links: made by our people, opened by anybody who has one."""

from django.urls import path

from health.shares import access_calendar, feeds, public_views, views

app_name = "shares"
urlpatterns = [
    path("shares/", views.share_list, name="list"),
    path("shares/new/", views.share_new, name="new"),
    path("shares/export.csv", views.share_export, name="export"),
    path("shares/<int:pk>/revoke/", views.share_revoke, name="revoke"),
    path("shared/<str:token>/", public_views.open_link, name="open"),
    path("shared/<str:token>/badge.svg", public_views.badge, name="badge"),
    path("shared/<str:token>/rss.xml", feeds.rss, name="rss"),
    path("shared/<str:token>/atom.xml", feeds.atom, name="atom"),
    path("shared/<str:token>/calendar.ics", feeds.calendar, name="calendar"),
    path("shared/<str:token>/access.ics", access_calendar.access_calendar, name="access_calendar"),
]
