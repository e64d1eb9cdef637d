"""Addresses of Partner Center's service requests."""

from django.urls import path

from support.escalation.requests import views

_ALL = "customers/<uuid:tenant_id>/service-requests/"

urlpatterns = [
    path(_ALL, views.service_requests, name="service_requests"),
    path(f"{_ALL}export.csv", views.service_requests_export, name="service_requests_export"),
    path(f"{_ALL}read/", views.service_requests_read, name="service_requests_read"),
    path(f"{_ALL}<int:pk>/", views.service_request, name="service_request"),
    path(f"{_ALL}<int:pk>/note/", views.service_request_note, name="service_request_note"),
    path(f"{_ALL}<int:pk>/match/", views.service_request_match, name="service_request_match"),
]
