"""Addresses of the report of downtime."""

from django.urls import path

from health.downtime import promise_views, views

urlpatterns = [
    path("reports/downtime/", views.downtime_list, name="downtime_list"),
    path("reports/downtime/export.csv", views.downtime_export, name="downtime_export"),
    path("reports/downtime/<int:pk>/", views.downtime_page, name="downtime_page"),
    path("reports/downtime/<int:pk>/claim/", views.downtime_claim, name="downtime_claim"),
    path("reports/downtime/<int:pk>/answer/", views.downtime_decide, name="downtime_decide"),
    path("reports/downtime/<int:pk>/undo/", views.downtime_undo, name="downtime_undo"),
    path("settings/promises/", promise_views.promises, name="promises"),
]
