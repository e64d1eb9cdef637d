"""Addresses of orders, beneath those of delegated access."""

from django.urls import path

from customers.gdap import invitation_views, order_new, order_views

urlpatterns = [
    path("relationships/<int:pk>/invitation/", invitation_views.invitation, name="invitation"),
    path("relationships/<int:pk>/invitation/sent/", invitation_views.invitation_sent, name="invitation_sent"),
    path("orders/", order_views.order_list, name="order_list"),
    path("orders/new/", order_new.order_new, name="order_new"),
    path("orders/<int:pk>/", order_views.order_page, name="order_page"),
    path("orders/<int:pk>/rows.csv", order_views.order_export, name="order_export"),
    path("orders/<int:pk>/steps/<str:step>/", order_views.order_step, name="order_step"),
]
