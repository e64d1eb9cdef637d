"""Addresses of health pages."""

from django.urls import URLPattern

app_name = "health"
urlpatterns: list[URLPattern] = []
