"""Addresses of mails that were set aside."""

from django.urls import path

from support.mail import views

urlpatterns = [
    path("tickets/quarantine/", views.quarantine, name="quarantine"),
    path("tickets/quarantine/<int:pk>/original/", views.quarantine_original, name="quarantine_original"),
    path("tickets/quarantine/<int:pk>/take/", views.quarantine_take, name="quarantine_take"),
    path("tickets/quarantine/<int:pk>/dismiss/", views.quarantine_dismiss, name="quarantine_dismiss"),
]
