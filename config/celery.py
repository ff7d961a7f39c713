"""Work in the background: the Celery application. The database is the truth; a message is a hint to wake up."""

import os

from celery import Celery

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

app = Celery("premise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["approvals", "metrics", "decisions"])
app.autodiscover_tasks(["config"], related_name="pulse")
