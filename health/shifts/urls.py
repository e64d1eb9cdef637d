"""Addresses of the hand-over."""

from django.urls import path

from health.shifts import views

app_name = "shifts"
urlpatterns = [
    path("", views.handover, name="handover"),
    path("taken-over/", views.taken_over, name="taken_over"),
]
