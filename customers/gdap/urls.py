"""Addresses of delegated access."""

from django.urls import path

from customers.gdap import views

app_name = "gdap"
urlpatterns = [
    path("", views.relationship_list, name="relationship_list"),
    path("export.csv", views.relationship_export, name="relationship_export"),
    path("relationships/<int:pk>/", views.relationship_page, name="relationship_page"),
    path("relationships/<int:pk>/read-again/", views.relationship_read_again, name="relationship_read_again"),
]
