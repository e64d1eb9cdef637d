"""Addresses of delegated access."""

from django.urls import path

from customers.gdap import expiry_views, matrix_views, order_urls, telling_views, template_views, views, what_if_views

app_name = "gdap"
urlpatterns = [
    path("", views.relationship_list, name="relationship_list"),
    path("export.csv", views.relationship_export, name="relationship_export"),
    path("tell/<uuid:tenant_id>/", telling_views.tell, name="tell"),
    path("orders/<int:pk>/told/", telling_views.order_told, name="order_told"),
    path("expiry/", expiry_views.expiry, name="expiry"),
    path("expiry/export.csv", expiry_views.expiry_export, name="expiry_export"),
    path("customers/<uuid:tenant_id>/", views.customer_relationships, name="customer_relationships"),
    path("relationships/<int:pk>/", views.relationship_page, name="relationship_page"),
    path("relationships/<int:pk>/read-again/", views.relationship_read_again, name="relationship_read_again"),
    path("role-templates/", template_views.template_list, name="template_list"),
    path("role-templates/new/", template_views.template_new, name="template_new"),
    path("role-templates/<int:pk>/", template_views.template_page, name="template_page"),
    path("role-templates/<int:pk>/steps/<str:step>/", template_views.template_step, name="template_step"),
    path("what-if/", what_if_views.what_if, name="what_if"),
    path("capabilities/", matrix_views.capabilities, name="capabilities"),
    path("capabilities/export.csv", matrix_views.capabilities_export, name="capabilities_export"),
    path("capabilities/reckon/", matrix_views.reckon_now, name="reckon_now"),
    path("capabilities/<uuid:tenant_id>/", matrix_views.abilities, name="abilities"),
    path("capabilities/<uuid:tenant_id>/reckon/", matrix_views.abilities_again, name="abilities_again"),
    path("capabilities/<uuid:tenant_id>/<str:job>/", matrix_views.ability, name="ability"),
    *order_urls.urlpatterns,
]
