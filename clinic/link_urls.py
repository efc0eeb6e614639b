"""The steps before every patient page."""

from django.urls import path

from clinic.views import links, mail

app_name = "links"
urlpatterns = [
    path("stop/<str:token>/", mail.unsubscribe, name="unsubscribe"),
    path("finish/", links.finish, name="finish"),
    path("language/", links.language, name="language"),
    path("<str:token>/", links.landing, name="landing"),
]
