"""Patient pages, in the order a patient meets them."""

from django.urls import URLPattern

app_name = "aftercare_links"
urlpatterns: list[URLPattern] = []
