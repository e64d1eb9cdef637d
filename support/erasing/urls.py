"""Addresses of what is kept of a customer as a whole."""

from django.urls import path

from support.erasing import deletion_views, views

urlpatterns = [
    path("customers/<uuid:tenant_id>/data/", views.customer_data, name="customer_data"),
    path("customers/<uuid:tenant_id>/data/new/", views.data_export_new, name="data_export_new"),
    path("customers/<uuid:tenant_id>/data/<int:pk>/", views.data_export_file, name="data_export_file"),
    path("customers/<uuid:tenant_id>/data/delete/", deletion_views.customer_data_delete, name="customer_data_delete"),
    path("data-deletions/", deletion_views.data_deletions, name="data_deletions"),
]
