"""Addresses of insight."""

from django.urls import path

from support.insight import views

urlpatterns = [
    path("desk/insight/", views.insight_list, name="insight_list"),
    path("desk/insight/export.csv", views.insight_export, name="insight_export"),
    path("customers/<uuid:tenant_id>/insight/", views.customer_insight, name="customer_insight"),
]
