"""Addresses of what is kept of a customer as a whole."""

from django.urls import path

from support.erasing import views

urlpatterns = [
    path("customers/<uuid:tenant_id>/data/", views.customer_data, name="customer_data"),
    path("customers/<uuid:tenant_id>/data/new/", views.data_export_new, name="data_export_new"),
    path("customers/<uuid:tenant_id>/data/<int:pk>/", views.data_export_file, name="data_export_file"),
]
