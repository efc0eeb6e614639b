"""Pages, in the order a user meets them."""

from django.urls import URLPattern

app_name = "aftercare"
urlpatterns: list[URLPattern] = []
