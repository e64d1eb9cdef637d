"""Addresses of signed links: made by our people, opened by anybody who has one."""

from django.urls import path

from health.shares import public_views, views

app_name = "shares"
urlpatterns = [
    path("shares/", views.share_list, name="list"),
    path("shares/new/", views.share_new, name="new"),
    path("shares/export.csv", views.share_export, name="export"),
    path("shares/<int:pk>/revoke/", views.share_revoke, name="revoke"),
    path("shared/<str:token>/", public_views.open_link, name="open"),
]
