"""The portal's addresses and, beside them, the floor that its pages are held against; only a measurement uses them."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path

from customers.models import Customer


def floor(request: HttpRequest) -> HttpResponse:
    """The barest list there is: 50 rows from one query, no frame around them."""
    return render(request, "bench/floor.html", {"rows": Customer.objects.order_by("id")[:50]})


urlpatterns = [path("bench/floor/", floor), path("", include("csp_portal.urls"))]
