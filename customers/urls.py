"""Addresses of customer pages."""

from django.urls import path

from customers import consented, pause_views, views

app_name = "customers"
urlpatterns = [
    path("", views.customer_list, name="customer_list"),
    path("export.csv", views.customer_export, name="customer_export"),
    path("consented/", consented.consented, name="consented"),
    path("<uuid:tenant_id>/", views.customer_page, name="customer_page"),
    path("<uuid:tenant_id>/services/", views.customer_services, name="customer_services"),
    path("<uuid:tenant_id>/tags/", views.customer_tags, name="customer_tags"),
    path("<uuid:tenant_id>/pause/", pause_views.customer_pause, name="customer_pause"),
    path("<uuid:tenant_id>/resume/", pause_views.customer_resume, name="customer_resume"),
    path("<uuid:tenant_id>/read-again/", views.customer_read_again, name="customer_read_again"),
]
