"""The URL map: what → where, in the order of the loop. Apps are named by string; the house imports none of them."""

from allauth.account import views as account
from allauth.mfa.base import views as mfa_base
from allauth.mfa.recovery_codes import views as mfa_codes
from allauth.mfa.totp import views as mfa_totp
from allauth.usersessions import views as usersessions
from django.urls import include, path, re_path

from clinic import health
from clinic.views import account as account_pages
from clinic.views import mail, mail_settings

handler400 = "clinic.views.errors.bad_request"
handler403 = "clinic.views.errors.forbidden"
handler404 = "clinic.views.errors.not_found"
handler500 = "clinic.views.errors.server_error"

# Only these pages of allauth exist; there is no sign-up and no e-mail management.
sign_in = [
    path("login/", account.login, name="account_login"),
    path("logout/", account.logout, name="account_logout"),
    path("inactive/", account.account_inactive, name="account_inactive"),
    path("reauthenticate/", account.reauthenticate, name="account_reauthenticate"),
    path("password/change/", account.password_change, name="account_change_password"),
    path("password/reset/", account.password_reset, name="account_reset_password"),
    path("password/reset/done/", account.password_reset_done, name="account_reset_password_done"),
    re_path(
        r"^password/reset/key/(?P<uidb36>[0-9A-Za-z]+)-(?P<key>.+)/$",
        account.password_reset_from_key,
        name="account_reset_password_from_key",
    ),
    path(
        "password/reset/key/done/", account.password_reset_from_key_done, name="account_reset_password_from_key_done"
    ),
    path("2fa/authenticate/", mfa_base.authenticate, name="mfa_authenticate"),
    path("2fa/reauthenticate/", mfa_base.reauthenticate, name="mfa_reauthenticate"),
    path("2fa/", mfa_base.index, name="mfa_index"),
    path("2fa/totp/activate/", mfa_totp.activate_totp, name="mfa_activate_totp"),
    path("2fa/totp/deactivate/", mfa_totp.deactivate_totp, name="mfa_deactivate_totp"),
    path("2fa/recovery-codes/", mfa_codes.view_recovery_codes, name="mfa_view_recovery_codes"),
    path("2fa/recovery-codes/generate/", mfa_codes.generate_recovery_codes, name="mfa_generate_recovery_codes"),
    path("2fa/recovery-codes/download/", mfa_codes.download_recovery_codes, name="mfa_download_recovery_codes"),
    path("sessions/", usersessions.list_usersessions, name="usersessions_list"),
]

urlpatterns = [
    path("healthz", health.healthz, name="healthz"),
    path("readyz", health.readyz, name="readyz"),
    path("accounts/", include(sign_in)),
    path("join/<str:token>/", account_pages.join, name="join"),
    path("kept-form/", account_pages.kept_form, name="kept_form"),
    path("mail-events/<slug:provider>/", mail.mail_provider_events, name="mail_provider_events"),
    path("mail-settings/", mail_settings.settings_of_mail, name="mail_settings"),
    path("staff/", include("clinic.staff_urls")),
    path("patients/", include("patients.urls")),
    path("treatments/", include("treatments.urls")),
    path("appointments/", include("appointments.urls")),
    path("aftercare/", include("aftercare.urls")),
    path("l/", include("patients.link_urls")),
    path("l/", include("appointments.link_urls")),
    path("l/", include("aftercare.link_urls")),
    path("l/", include("clinic.link_urls")),
    path("", include("desk.urls")),
]
