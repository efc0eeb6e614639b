"""Pages that look across the rooms."""

from django.urls import path

from desk import views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("today/", views.today, name="today"),
    path("search/", views.search, name="search"),
    path("unsigned/", views.unsigned, name="unsigned"),
    path("rules/", views.rules, name="rules"),
    path("patients/<uuid:patient>/", views.patient_overview, name="patient_overview"),
]
