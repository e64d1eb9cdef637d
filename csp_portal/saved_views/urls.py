"""Addresses of saved views."""

from django.urls import path

from csp_portal.saved_views import views

app_name = "saved_views"
urlpatterns = [
    path("", views.views, name="views"),
    path("new/", views.view_new, name="view_new"),
    path("<int:pk>/", views.view_edit, name="view_edit"),
    path("<int:pk>/remove/", views.view_remove, name="view_remove"),
    path("<int:pk>/restore/", views.view_restore, name="view_restore"),
]
