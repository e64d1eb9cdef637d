"""Addresses of the system page and the machines' checks."""

from django.urls import path

from csp_portal.accounts.views import language
from csp_portal.system import readiness, stop_views, views

app_name = "system"
urlpatterns = [
    path("system/", views.overview, name="overview"),
    path("system/stop/", stop_views.stop, name="stop"),
    path("system/stop/release/", stop_views.release, name="release"),
    path("system/banner/", views.banner, name="banner"),
    path("language/", language, name="language"),
    path("healthz", readiness.healthz, name="healthz"),
    path("readyz", readiness.readyz, name="readyz"),
]
