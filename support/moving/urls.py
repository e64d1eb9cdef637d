"""Addresses of imports."""

from django.urls import path

from support.moving import views

_AT = "settings/desk/import/"

urlpatterns = [
    path(_AT, views.imports, name="ticket_imports"),
    path(f"{_AT}sample.<str:shape>", views.import_sample, name="ticket_import_sample"),
    path(f"{_AT}<int:pk>/", views.import_page, name="ticket_import"),
    path(f"{_AT}<int:pk>/start/", views.import_start, name="ticket_import_start"),
    path(f"{_AT}<int:pk>/stop/", views.import_stop, name="ticket_import_stop"),
    path(f"{_AT}<int:pk>/discard/", views.import_discard, name="ticket_import_discard"),
    path(f"{_AT}<int:pk>/result.csv", views.import_result, name="ticket_import_export"),
]
