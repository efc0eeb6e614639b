"""Celery: the broker carries nudges, the tables hold the truth."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "clinic.settings")
app = Celery("anagen")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks()
