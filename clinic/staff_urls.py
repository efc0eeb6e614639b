"""Staff and their accounts, for managers."""

from django.urls import path

from clinic.roles import StaffAct
from clinic.views import staff

app_name = "staff"
urlpatterns = [
    path("", staff.people, name="people"),
    path("access-review.csv", staff.access_review, name="access_review"),
    path("invite/", staff.invite, name="invite"),
    path("<uuid:staff>/", staff.person, name="person"),
    path("<uuid:staff>/disable/", staff.act, {"act": StaffAct.DISABLE}, name="disable"),
    path("<uuid:staff>/enable/", staff.act, {"act": StaffAct.ENABLE}, name="enable"),
    path("<uuid:staff>/reset-second-factor/", staff.act, {"act": StaffAct.RESET_MFA}, name="reset_mfa"),
    path("<uuid:staff>/end-sessions/", staff.act, {"act": StaffAct.END_SESSIONS}, name="end_sessions"),
    path("<uuid:staff>/invite-again/", staff.act, {"act": StaffAct.INVITE_AGAIN}, name="invite_again"),
    path("<uuid:staff>/address-works/", staff.address_works, name="address_works"),
    path("proposals/<uuid:proposal>/", staff.decide, name="decide"),
]
