"""Addresses of the register of support offers."""

from django.urls import path

from support.offers import catalogue, public, register_views, views

_OF = "customers/<uuid:tenant_id>/offers/"
_PATTERNS = "settings/desk/offers/"

urlpatterns = [
    path("offer/<str:token>/", public.offer_link, name="offer_link"),
    path("offer/<str:token>/sheet.pdf", public.offer_link_sheet, name="offer_link_sheet"),
    path("desk/offers/", register_views.offer_list, name="offer_list"),
    path("desk/offers/export.csv", register_views.offer_export, name="offer_export"),
    path("desk/offers/gaps/<str:gap>/", register_views.offer_gaps, name="offer_gaps"),
    path("desk/offers/gaps/<str:gap>/export.csv", register_views.offer_gaps_export, name="offer_gaps_export"),
    path(_OF, views.customer_offers, name="customer_offers"),
    path(f"{_OF}new/", views.offer_begin, name="offer_begin"),
    path(f"{_OF}<int:pk>/", views.offer_version, name="offer_version"),
    path(f"{_OF}<int:pk>/draft/", views.offer_draft, name="offer_draft"),
    path(f"{_OF}<int:pk>/discard/", views.offer_discard, name="offer_discard"),
    path(f"{_OF}<int:pk>/mail/", views.offer_mail, name="offer_mail"),
    path(f"{_OF}<int:pk>/by-hand/", views.offer_hand, name="offer_hand"),
    path(f"{_OF}<int:pk>/sheet.pdf", views.offer_sheet, name="offer_sheet"),
    path(_PATTERNS, catalogue.offer_patterns, name="offer_patterns"),
    path(f"{_PATTERNS}new/", catalogue.offer_pattern_new, name="offer_pattern_new"),
    path(f"{_PATTERNS}<int:pk>/", catalogue.offer_pattern, name="offer_pattern"),
    path(f"{_PATTERNS}<int:pk>/delete/", catalogue.offer_pattern_delete, name="offer_pattern_delete"),
]
