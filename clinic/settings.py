"""One settings file. Values come from the environment (`X`, or `X_FILE` naming a file); production refuses unsafe ones.

Groups: environment · security · apps · database · broker and cache · mail and outbox · files · sign-in · look · logging.
"""

import base64
import hashlib
import sys
from datetime import timedelta
from pathlib import Path
from typing import Any

import pghistory
from celery.schedules import crontab, schedule

from clinic import env

# ── environment ──────────────────────────────────────────────────────────────────────────────────────────────────
BASE_DIR = Path(__file__).resolve().parent.parent
ANAGEN_ENV = env.text("ANAGEN_ENV", "dev")
PRODUCTION = ANAGEN_ENV == "production"
DEMO = ANAGEN_ENV == "demo"
TESTING = ANAGEN_ENV == "test"
DEBUG = False
VERSION = "0.1.0"
IS_CELERY = Path(sys.argv[0]).name == "celery" or sys.argv[0].endswith("celery/__main__.py")

# ── security ─────────────────────────────────────────────────────────────────────────────────────────────────────
_NOT_SECRET = "not-a-secret: for development, tests and the demo only"  # noqa: S105 — production refuses it
SECRET_KEY = env.text("SECRET_KEY", None if PRODUCTION else _NOT_SECRET)
ALLOWED_HOSTS = env.names("ALLOWED_HOSTS", "" if PRODUCTION else "127.0.0.1,localhost,testserver")
PUBLIC_URL = env.text("PUBLIC_URL", "http://127.0.0.1:8000").rstrip("/")
PROXY_COUNT = env.number("PROXY_COUNT", -1 if PRODUCTION else 0)
HTTPS = env.flag("HTTPS", PRODUCTION)
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
_PREFIX = "__Host-" if HTTPS else ""
SESSION_COOKIE_NAME = f"{_PREFIX}anagen_session"
CSRF_COOKIE_NAME = f"{_PREFIX}anagen_csrf"
LINK_COOKIE_NAME = f"{_PREFIX}anagen_link"
SCREEN_COOKIE_NAME = f"{_PREFIX}anagen_screen"
LANGUAGE_COOKIE_NAME = f"{_PREFIX}anagen_language"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = HTTPS
SESSION_COOKIE_HTTPONLY = CSRF_COOKIE_HTTPONLY = LANGUAGE_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = LANGUAGE_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_AGE = 12 * 3600
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db"
SESSION_SERIALIZER = "django.contrib.sessions.serializers.JSONSerializer"
IDLE_SECONDS = env.number("IDLE_SECONDS", 15 * 60)
ABSOLUTE_SECONDS = 12 * 3600
SECURE_SSL_REDIRECT = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if PROXY_COUNT > 0 else None
SECURE_HSTS_SECONDS = 2 * 365 * 24 * 3600 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CSRF_FAILURE_VIEW = "clinic.views.errors.csrf_failure"
DATA_UPLOAD_MAX_MEMORY_SIZE = 4 * 1024 * 1024
FILE_UPLOAD_HANDLERS = ["clinic.uploads.InMemory"]  # no sent file ever lies readable in a folder for temporary files
_SELF = ["'self'"]
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": ["'none'"],
        "script-src": _SELF,
        "style-src": _SELF,
        "img-src": ["'self'", "data:", "blob:"],
        "media-src": ["'self'", "blob:"],
        "font-src": _SELF,
        "connect-src": _SELF,
        "form-action": _SELF,
        "base-uri": ["'none'"],
        "object-src": ["'none'"],
        "frame-ancestors": ["'none'"],
    }
}
PERMISSIONS_POLICY: dict[str, list[str]] = {
    "accelerometer": [],
    "camera": ["self"],
    "display-capture": [],
    "fullscreen": [],
    "geolocation": [],
    "gyroscope": [],
    "microphone": [],
    "payment": [],
    "usb": [],
}

# ── apps ─────────────────────────────────────────────────────────────────────────────────────────────────────────
INSTALLED_APPS = [
    "clinic.apps.ClinicConfig",
    "patients.apps.PatientsConfig",
    "treatments.apps.TreatmentsConfig",
    "appointments.apps.AppointmentsConfig",
    "aftercare.apps.AftercareConfig",
    "desk.apps.DeskConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django.contrib.humanize",
    "django.forms",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.usersessions",
    "pghistory",
    "pgtrigger",
    "csp",
    "crispy_forms",
    "crispy_bootstrap5",
    "django_htmx",
]
if ANAGEN_ENV in {"dev", "test"}:
    INSTALLED_APPS.append("django_migration_linter")
MIDDLEWARE = [
    "clinic.middleware.request_identity",
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "django_permissions_policy.PermissionsPolicyMiddleware",
    "clinic.middleware.quiet_headers",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "clinic.middleware.page_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "clinic.middleware.staff_identity",
    "clinic.middleware.ViewGuard",
]
ROOT_URLCONF = "clinic.urls"
WSGI_APPLICATION = "clinic.wsgi.application"
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
TEMPLATES: list[dict[str, Any]] = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.template.context_processors.i18n",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "clinic.context.house",
            ],
        },
    }
]
MIGRATION_LINTER_OPTIONS = {"sql_analyser": "postgresql", "exclude_migration_tests": ["NOT_NULL"]}

# ── database ─────────────────────────────────────────────────────────────────────────────────────────────────────
_OPTIONS: dict[str, Any] = {
    "connect_timeout": 5, "application_name": "anagen",
    # a process that sleeps in a transaction lets go of its locks; how alike a typed name must be (0.6 would miss a swapped letter)
    "options": "-c idle_in_transaction_session_timeout=60s -c pg_trgm.word_similarity_threshold=0.35",
}  # fmt: skip
if not IS_CELERY and not TESTING and env.flag("DATABASE_POOL", True) and "gunicorn" in sys.argv[0]:
    _OPTIONS["pool"] = {"min_size": 2, "max_size": 10, "timeout": 5}
if tls := env.text("DATABASE_TLS", "verify-full" if PRODUCTION else ""):
    _OPTIONS["sslmode"] = tls
DATABASES: dict[str, Any] = {
    "default": {
        "ENGINE": "django.db.backends.postgresql",
        "NAME": env.text("DATABASE_NAME", "anagen"),
        "USER": env.text("DATABASE_USER", "app_rw"),
        "PASSWORD": env.text("DATABASE_PASSWORD", ""),
        "HOST": env.text("DATABASE_HOST", ""),
        "PORT": env.text("DATABASE_PORT", ""),
        "CONN_MAX_AGE": 60 if IS_CELERY else 0,
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": _OPTIONS,
    }
}
PGHISTORY_APPEND_ONLY = True
PGHISTORY_DEFAULT_TRACKERS = (pghistory.InsertEvent(), pghistory.UpdateEvent(), pghistory.DeleteEvent())
PGHISTORY_CONTEXT_FIELD = pghistory.ContextJSONField()

# ── broker and cache ─────────────────────────────────────────────────────────────────────────────────────────────
CELERY_BROKER_URL = env.text("BROKER_URL", "redis://127.0.0.1:6379/0")
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_IGNORE_RESULT = True
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_CONNECTION_MAX_RETRIES = None  # for ever: Celery's hundred are some 48 minutes, and then worker and beat end
CELERY_BROKER_TRANSPORT_OPTIONS = {
    "visibility_timeout": 600,
    "unacked_restore_interval": 5,
    "unacked_restore_throttle": 1,
    "socket_connect_timeout": 1,
    "max_retries": 1,  # a nudge is not worth waiting for
    "interval_start": 0,
    "interval_step": 0.1,
    "interval_max": 0.2,
}
CELERY_TASK_PUBLISH_RETRY = False  # a nudge may be lost: the row is the truth, beat and the loop sweep
CELERY_TIMEZONE = "UTC"


def _every(seconds: float) -> dict[str, Any]:
    return {"schedule": schedule(timedelta(seconds=seconds)), "options": {"expires": max(1.0, seconds - 5)}}


_MINUTE = env.number("SWEEP_SECONDS", 60)
CELERY_BEAT_SCHEDULE: dict[str, Any] = {
    "drain the outbox": {"task": "clinic.drain", **_every(env.number("DRAIN_SECONDS", 30))},
    "thin finished mail": {"task": "clinic.thin_finished", "schedule": crontab(hour=3, minute=20), "options": {"expires": 3600.0}},
    "tick": {"task": "clinic.beat_tick", **_every(env.number("TICK_SECONDS", 15))},
    "plan the aftercare of ended sessions": {"task": "aftercare.plan_ended_sessions", **_every(_MINUTE)},
    "remind of missed check-ins": {"task": "aftercare.remind_missed_check_ins", **_every(_MINUTE)},
    "watch the response clocks": {"task": "aftercare.watch_response_clocks", **_every(_MINUTE)},
    "sweep appointment states": {"task": "appointments.sweep_states", **_every(_MINUTE)},
    "offer freed times to the waiting list": {"task": "appointments.offer_freed_slots", **_every(_MINUTE)},
    "clean waiting photos": {"task": "treatments.clean_photos", **_every(_MINUTE)},
    "go on with imports": {"task": "appointments.continue_imports", **_every(_MINUTE)},
    "forget old imports": {"task": "appointments.forget_imports", **_every(60 * _MINUTE)},
    "open recalls": {"task": "appointments.open_recalls", **_every(10 * _MINUTE)},
    "remind of patch tests": {"task": "treatments.remind_of_patch_tests", **_every(10 * _MINUTE)},
    "note the chain's head": {"task": "treatments.note_chain_head", **_every(60 * _MINUTE)},
}
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.redis.RedisCache",
        "LOCATION": env.text("CACHE_URL", "redis://127.0.0.1:6379/1"),
    }
}

# ── mail and outbox ──────────────────────────────────────────────────────────────────────────────────────────────
SMTP_HOST = env.text("SMTP_HOST", "127.0.0.1")
SMTP_PORT = env.number("SMTP_PORT", 1025)
SMTP_USER = env.text("SMTP_USER", "")
SMTP_PASSWORD = env.text("SMTP_PASSWORD", "")
SMTP_TLS = env.text("SMTP_TLS", "implicit" if PRODUCTION else "none")
MAIL_FROM = env.text("MAIL_FROM", "Riverside Dermatology <no-reply@clinic.example>")
DEFAULT_FROM_EMAIL = MAIL_FROM
MAIL_BOUNCES = env.text("MAIL_BOUNCES", "")  # a mailbox for bounces, such as bounces@clinic.example; empty: no return path of its own
MAIL_REPLIES = env.text("MAIL_REPLIES", "")  # answered by `read_mail` when no watched mailbox is named; empty: MAIL_FROM
MAIL_CARRIER = env.text("MAIL_CARRIER", "smtp")  # or one of anymail's: postmark, mailgun, sendgrid, brevo, resend, mailjet, mailersend
MAIL_CARRIER_METADATA = env.flag("MAIL_CARRIER_METADATA", True)
MAIL_EVENTS = env.names("MAIL_EVENTS", "")  # providers whose events are heard, each with a secret or a signing key
TEXT_CARRIER = env.text("TEXT_CARRIER", "console" if ANAGEN_ENV in {"dev", "test", "demo"} else "")
ANYMAIL: dict[str, Any] = {
    "WEBHOOK_SECRET": env.names("MAIL_WEBHOOK_SECRET", ""),
    "REQUESTS_TIMEOUT": (5, 20),
    "DEBUG_API_REQUESTS": False,
    **{
        name: value
        for name in (
            "POSTMARK_SERVER_TOKEN", "MAILGUN_API_KEY", "MAILGUN_SENDER_DOMAIN", "MAILGUN_API_URL", "MAILGUN_WEBHOOK_SIGNING_KEY",
            "SENDGRID_API_KEY", "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY", "BREVO_API_KEY", "RESEND_API_KEY", "RESEND_SIGNING_SECRET",
            "MAILJET_API_KEY", "MAILJET_SECRET_KEY", "MAILERSEND_API_TOKEN", "MAILERSEND_SIGNING_SECRET",
        )
        if (value := env.text(name, ""))
    },
}  # fmt: skip
EMAIL_BACKEND = "clinic.outbox.backend.OutboxBackend"
OUTBOX_BATCH = env.number("OUTBOX_BATCH", 50)
OUTBOX_CHUNK = env.number("OUTBOX_CHUNK", 10)
OUTBOX_LEASE_SECONDS = env.number("OUTBOX_LEASE_SECONDS", 600)
OUTBOX_SMTP_TIMEOUT = env.number("OUTBOX_SMTP_TIMEOUT", 20)
OUTBOX_MAX_ATTEMPTS = env.number("OUTBOX_MAX_ATTEMPTS", 6)
OUTBOX_BACKOFF_SECONDS = [int(s) for s in env.names("OUTBOX_BACKOFF_SECONDS", "60,300,900,3600,14400,43200")]
OUTBOX_BREAKER_SECONDS = [int(s) for s in env.names("OUTBOX_BREAKER_SECONDS", "30,60,120,300,600")]
OUTBOX_CONNECTIONS = env.number("OUTBOX_CONNECTIONS", 3)  # senders at once; at most 3 for Microsoft 365
OUTBOX_RATE_PER_SECOND = env.number("OUTBOX_RATE_PER_SECOND", 50)

# ── files ────────────────────────────────────────────────────────────────────────────────────────────────────────
MEDIA_ROOT = Path(env.text("MEDIA_DIR", str(BASE_DIR / "var" / "media")))
PHOTO_LEASE_SECONDS = env.number("PHOTO_LEASE_SECONDS", 180)  # after this a worker that took a photo is given up
FILE_KEY = env.text(
    "FILE_KEY",
    None if PRODUCTION else base64.b64encode(hashlib.sha256(_NOT_SECRET.encode()).digest()).decode(),
)
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("STATIC_DIR", str(BASE_DIR / "build" / "static")))
STATICFILES_DIRS = [BASE_DIR / "static", ("vendor", BASE_DIR / "build" / "vendor")]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": {
            "production": "whitenoise.storage.CompressedManifestStaticFilesStorage",
            # packing takes seconds at every start, and a demo's browser sits on the same machine
            "demo": "whitenoise.storage.CompressedManifestStaticFilesStorage" if env.flag("PACK_STATIC", False) else "django.contrib.staticfiles.storage.ManifestStaticFilesStorage",
        }.get(ANAGEN_ENV, "django.contrib.staticfiles.storage.StaticFilesStorage")
    },
}
WHITENOISE_USE_FINDERS = not (PRODUCTION or DEMO)

# ── sign-in ──────────────────────────────────────────────────────────────────────────────────────────────────────
AUTH_USER_MODEL = "clinic.Staff"
MFA_REQUIRED = env.flag("MFA_REQUIRED", not DEMO)
SIGN_NEEDS_FRESH_LOGIN = env.flag("SIGN_NEEDS_FRESH_LOGIN", PRODUCTION)
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = (
    ["django.contrib.auth.hashers.Argon2PasswordHasher"]
    if not TESTING
    else ["django.contrib.auth.hashers.MD5PasswordHasher", "django.contrib.auth.hashers.Argon2PasswordHasher"]
)
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 12}},
    {"NAME": "clinic.passwords.MaximumLengthValidator"},
    {"NAME": "clinic.passwords.ContextWordsValidator"},
    {"NAME": "clinic.passwords.PatternValidator"},
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
ACCOUNT_ADAPTER = "clinic.accounts.StaffAccountAdapter"
MFA_ADAPTER = "clinic.accounts.StaffMFAAdapter"
ACCOUNT_FORMS = {"reset_password": "clinic.account_forms.ResetForm"}
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
ACCOUNT_EMAIL_NOTIFICATIONS = True
ALLAUTH_TRUSTED_PROXY_COUNT = max(PROXY_COUNT, 0)
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "recovery_codes"]
MFA_TOTP_ISSUER = "Anagen"
USERSESSIONS_TRACK_ACTIVITY = False
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_LOGOUT_REDIRECT_URL = "/accounts/login/"

# ── look ─────────────────────────────────────────────────────────────────────────────────────────────────────────
LANGUAGE_CODE = "en-gb"
LOCALE_PATHS = [BASE_DIR / "locale"]
LANGUAGES = env.languages(LOCALE_PATHS[0])
TIME_ZONE = "UTC"
USE_I18N = USE_TZ = True
CRISPY_ALLOWED_TEMPLATE_PACKS = CRISPY_TEMPLATE_PACK = "bootstrap5"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# ── logging ──────────────────────────────────────────────────────────────────────────────────────────────────────
LOGGING: dict[str, Any] = {
    "version": 1,
    "disable_existing_loggers": False,
    "filters": {"scrub": {"()": "clinic.logs.ScrubFilter"}},
    "formatters": {"line": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "filters": ["scrub"], "formatter": "line"}},
    "root": {"handlers": ["console"], "level": env.text("LOG_LEVEL", "INFO")},
    "loggers": {  # templates would write out what a mail was made from
        "django.request": {"level": "ERROR"}, "django.template": {"level": "INFO"}, "httpx": {"level": "WARNING"}, "flufl.bounce": {"level": "CRITICAL"},
    },
}
