"""Pages that look across the rooms."""

from django.urls import path

from desk import policy_views, record_views, results_views, views

app_name = "desk"
urlpatterns = [
    path("", views.home, name="home"),
    path("today/", views.today, name="today"),
    path("today/list/", views.day_list, name="day_list"),
    path("wall/", views.wall, name="wall"),
    path("search/", views.search, name="search"),
    path("unsigned/", views.unsigned, name="unsigned"),
    path("rules/", policy_views.rules, name="rules"),
    path("rules/<slug:book>/propose/", policy_views.propose_policy, name="propose_policy"),
    path("rules/proposals/<uuid:policy>/", policy_views.policy_proposal, name="policy_proposal"),
    path("rules/proposals/<uuid:policy>/approve/", policy_views.approve_policy, name="approve_policy"),
    path("rules/proposals/<uuid:policy>/decline/", policy_views.decline_policy, name="decline_policy"),
    path("rules/proposals/<uuid:policy>/withdraw/", policy_views.withdraw_policy, name="withdraw_policy"),
    path("reports/results/", results_views.results, name="results"),
    path("reports/results/running/", results_views.running, name="running"),
    path("reports/results/<slug:table>.csv", results_views.results_csv, name="results_csv"),
    path("patients/<uuid:patient>/", views.patient_overview, name="patient_overview"),
    path("patients/<uuid:patient>/record/", record_views.export_record, name="export_record"),
]
