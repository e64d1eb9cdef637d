"""Addresses of the system page and the machines' checks."""

from django.urls import path

from csp_portal.accounts.views import language
from csp_portal.system import audit_views, palette_views, readiness, stop_views, views

app_name = "system"
urlpatterns = [
    path("system/", views.overview, name="overview"),
    path("system/stop/", stop_views.stop, name="stop"),
    path("system/stop/release/", stop_views.release, name="release"),
    path("system/banner/", views.banner, name="banner"),
    path("search/", palette_views.search, name="search"),
    path("audit/", audit_views.audit_list, name="audit_list"),
    path("audit/export.csv", audit_views.audit_export, name="audit_export"),
    path("language/", language, name="language"),
    path("healthz", readiness.healthz, name="healthz"),
    path("readyz", readiness.readyz, name="readyz"),
]
