"""The steps before every patient page."""

from django.urls import path

from clinic.views import links

app_name = "links"
urlpatterns = [
    path("finish/", links.finish, name="finish"),
    path("language/", links.language, name="language"),
    path("<str:token>/", links.landing, name="landing"),
]
