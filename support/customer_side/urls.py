"""Addresses of the customers' own pages, and of ours about who uses them."""

from django.urls import path

from support.customer_side import entrance, people_views, request_form, views

urlpatterns = [
    path("my/", entrance.my_entrance, name="my_entrance"),
    path("my/link/<str:token>/", entrance.my_link, name="my_link"),
    path("my/microsoft/<uuid:connection_id>/", entrance.my_microsoft, name="my_microsoft"),
    path("my/microsoft/back/", entrance.my_microsoft_back, name="my_microsoft_back"),
    path("my/out/", entrance.my_exit, name="my_exit"),
    path("my/language/", entrance.my_language, name="my_language"),
    path("my/tickets/", views.my_tickets, name="my_tickets"),
    path("my/tickets/new/", views.my_new, name="my_new"),
    path("my/tickets/<int:number>/", views.my_ticket, name="my_ticket"),
    path("my/tickets/<int:number>/say/", views.my_word, name="my_word"),
    path("my/tickets/<int:number>/solved/", views.my_end, name="my_end"),
    path("my/tickets/<int:number>/rating/", views.my_rating, name="my_rating"),
    path("my/tickets/<int:number>/files/<str:key>/", views.my_file, name="my_file"),
    path("my/health/", views.my_health, name="my_health"),
    path("my/support/", views.my_offer, name="my_offer"),
    path("my/support/<int:pk>/sheet.pdf", views.my_offer_sheet, name="my_offer_sheet"),
    path("ask/<str:token>/", request_form.request_form, name="request_form"),
    path("customers/<uuid:tenant_id>/people/", people_views.customer_people, name="customer_people"),
    path("customers/<uuid:tenant_id>/people/<int:pk>/", people_views.customer_person, name="customer_person"),
]
