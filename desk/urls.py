"""Pages that look across the rooms."""

from django.urls import path

from desk.views import pages, policies, records, results

app_name = "desk"
urlpatterns = [
    path("", pages.home, name="home"),
    path("today/", pages.today, name="today"),
    path("today/list/", pages.day_list, name="day_list"),
    path("wall/", pages.wall, name="wall"),
    path("search/", pages.search, name="search"),
    path("to-look-at/", pages.to_look_at, name="to_look_at"),
    path("unsigned/", pages.unsigned, name="unsigned"),
    path("rules/", policies.rules, name="rules"),
    path("rules/<slug:book>/propose/", policies.propose_policy, name="propose_policy"),
    path("rules/proposals/<uuid:policy>/", policies.policy_proposal, name="policy_proposal"),
    path("rules/proposals/<uuid:policy>/approve/", policies.approve_policy, name="approve_policy"),
    path("rules/proposals/<uuid:policy>/decline/", policies.decline_policy, name="decline_policy"),
    path("rules/proposals/<uuid:policy>/withdraw/", policies.withdraw_policy, name="withdraw_policy"),
    path("reports/results/", results.results, name="results"),
    path("reports/results/running/", results.running, name="running"),
    path("reports/results/<slug:table>.csv", results.results_csv, name="results_csv"),
    path("patients/<uuid:patient>/", pages.patient_overview, name="patient_overview"),
    path("patients/<uuid:patient>/record/", records.export_record, name="export_record"),
]
