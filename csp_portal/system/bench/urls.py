"""The portal's addresses and, beside them, the floor that its pages are held against; only a measurement uses them."""

from django.db.models import QuerySet
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import include, path
from rest_framework.generics import ListAPIView
from rest_framework.renderers import JSONRenderer
from rest_framework.serializers import ModelSerializer

from customers.models import Customer
from support.models import Ticket


def floor(request: HttpRequest) -> HttpResponse:
    """The barest list there is: 50 rows from one query, no frame around them."""
    return render(request, "bench/floor.html", {"rows": Customer.objects.order_by("id")[:50]})


class PlainTickets(ModelSerializer[Ticket]):
    class Meta:
        model = Ticket
        fields = [field.name for field in Ticket._meta.concrete_fields]


class PlainCustomers(ModelSerializer[Customer]):
    class Meta:
        model = Customer
        fields = [field.name for field in Customer._meta.concrete_fields]


class PlainTicketList(ListAPIView[Ticket]):
    """What Django REST framework makes of 100 rows by itself."""

    queryset = Ticket.objects.order_by("-updated_at", "-id")
    serializer_class = PlainTickets
    renderer_classes = [JSONRenderer]
    pagination_class = None
    filter_backends = []

    def get_queryset(self) -> QuerySet[Ticket]:
        return super().get_queryset()[:100]


class PlainCustomerList(ListAPIView[Customer]):
    queryset = Customer.objects.order_by("id")
    serializer_class = PlainCustomers
    renderer_classes = [JSONRenderer]
    pagination_class = None
    filter_backends = []

    def get_queryset(self) -> QuerySet[Customer]:
        return super().get_queryset()[:100]


urlpatterns = [
    path("bench/floor/", floor),
    path("bench/plain/tickets/", PlainTicketList.as_view()),
    path("bench/plain/customers/", PlainCustomerList.as_view()),
    path("", include("csp_portal.urls")),
]
