"""Addresses of alerts."""

from django.urls import path

from health.alerts import views

app_name = "alerts"
urlpatterns = [
    path("", views.inbox, name="inbox"),
    path("export.csv", views.inbox_export, name="inbox_export"),
    path("act/", views.act, name="act"),
    path("<int:pk>/", views.alert_page, name="alert_page"),
]
