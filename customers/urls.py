"""Addresses of customer pages."""

from django.urls import path

from customers import consented, contact_views, fact_views, file_views, finding_views, opt_out, pause_views, views

app_name = "customers"
urlpatterns = [
    path("", views.customer_list, name="customer_list"),
    path("export.csv", views.customer_export, name="customer_export"),
    path("switch/", finding_views.switch, name="switch"),
    path("consented/", consented.consented, name="consented"),
    path("opt-out/<str:token>/", opt_out.opt_out_page, name="opt_out"),
    path("contacts/import/", contact_views.contacts_import, name="contacts_import"),
    path("contacts/export.csv", contact_views.contacts_export, name="contacts_export"),
    path("<uuid:tenant_id>/contacts/", contact_views.customer_contacts, name="customer_contacts"),
    path("<uuid:tenant_id>/contacts/new/", contact_views.contact_new, name="contact_new"),
    path("<uuid:tenant_id>/contacts/export.csv", contact_views.customer_contacts_export, name="contacts_of_export"),
    path("<uuid:tenant_id>/contacts/<int:pk>/", contact_views.contact_edit, name="contact_edit"),
    path("<uuid:tenant_id>/contacts/<int:pk>/remove/", contact_views.contact_remove, name="contact_remove"),
    path("<uuid:tenant_id>/contacts/<int:pk>/restore/", contact_views.contact_restore, name="contact_restore"),
    path("<uuid:tenant_id>/contacts/<int:pk>/clear-bounce/", contact_views.contact_clear, name="contact_clear"),
    path("<uuid:tenant_id>/", views.customer_page, name="customer_page"),
    path("<uuid:tenant_id>/favorite/", finding_views.favorite, name="favorite"),
    path("<uuid:tenant_id>/services/", views.customer_services, name="customer_services"),
    path("<uuid:tenant_id>/files/", file_views.customer_files, name="customer_files"),
    path("<uuid:tenant_id>/files/new/", file_views.file_new, name="file_new"),
    path("<uuid:tenant_id>/files/<str:key>/", file_views.file_read, name="file_read"),
    path("<uuid:tenant_id>/files/<str:key>/remove/", file_views.file_remove, name="file_remove"),
    path("<uuid:tenant_id>/files/<str:key>/restore/", file_views.file_restore, name="file_restore"),
    path("<uuid:tenant_id>/tags/", views.customer_tags, name="customer_tags"),
    path("<uuid:tenant_id>/facts/", fact_views.customer_facts, name="customer_facts"),
    path("facts/import/", fact_views.facts_import, name="facts_import"),
    path("<uuid:tenant_id>/pause/", pause_views.customer_pause, name="customer_pause"),
    path("<uuid:tenant_id>/resume/", pause_views.customer_resume, name="customer_resume"),
    path("<uuid:tenant_id>/consent/asked/", consented.consent_asked, name="consent_asked"),
    path("<uuid:tenant_id>/read-again/", views.customer_read_again, name="customer_read_again"),
]
