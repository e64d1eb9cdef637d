"""Addresses of the system page and the machines' checks."""

from django.urls import URLPattern

app_name = "system"
urlpatterns: list[URLPattern] = []
