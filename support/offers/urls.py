"""Addresses of the register of support offers."""

from django.urls import path

from support.offers import public

urlpatterns = [
    path("offer/<str:token>/", public.offer_link, name="offer_link"),
    path("offer/<str:token>/sheet.pdf", public.offer_link_sheet, name="offer_link_sheet"),
]
