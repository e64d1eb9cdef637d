"""Addresses of the desk's reports."""

from django.urls import path

from support.reports import views

urlpatterns = [
    path("desk/reports/", views.report, name="report"),
    path("desk/reports/export.csv", views.report_export, name="report_export"),
]
