"""Work in the background: the Celery application. The database is the truth; a message is a hint to wake up."""

import os
import warnings

from celery import Celery
from celery.exceptions import SecurityWarning

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# It warns root of pickled messages; only JSON is taken here.
warnings.filterwarnings("ignore", category=SecurityWarning)

app = Celery("premise")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.autodiscover_tasks(["approvals", "metrics", "decisions"])
app.autodiscover_tasks(["config"], related_name="pulse")
