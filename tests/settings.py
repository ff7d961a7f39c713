"""Settings of the suite: a scratch folder, and a throw-away database; the developer's own are never touched.

`--database=sqlite` (the default) or `--database=postgresql`; DATABASE_URL names another server to make the test
database on. The first process starts the server; xdist's workers find what they need in the environment.
"""

import atexit
import os
import shutil
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from tests.servers import postgresql

BASE = Path(__file__).resolve().parent.parent
_open = ExitStack()
atexit.register(_open.close)


def _chosen_database() -> str:
    words = [word.partition("=")[2] or following for word, following in zip(sys.argv, [*sys.argv[1:], ""], strict=True)
             if word.partition("=")[0] == "--database"]  # fmt: skip
    return (words or ["sqlite"])[-1]


def _first_process() -> None:
    scratch = tempfile.mkdtemp(prefix="premise-test-")
    _open.callback(shutil.rmtree, scratch, ignore_errors=True)
    os.environ["PREMISE_TEST_SCRATCH"] = scratch
    for name in (
        "REDIS_URL",
        "SECRET_KEY",
        "DEBUG",
        "HTTPS",
        "EMAIL_URL",
        "ALLOWED_HOSTS",
        "PORT",
        "LOG_LEVEL",
        "OIDC_ISSUER",
        "PULL_SCHEMES",
        "PULL_HOSTS",
        "PULL_PRIVATE_HOSTS",
        "PULL_PORTS",
        "PULL_FOLDERS",
        "CREDENTIALS_KEY",
    ):
        os.environ.pop(name, None)
    os.environ.setdefault("FONTS_DIR", str(BASE / "var" / "fonts"))
    if _chosen_database() == "postgresql" and not os.environ.get("DATABASE_URL"):
        os.environ["DATABASE_URL"] = _open.enter_context(postgresql())


if "PREMISE_TEST_SCRATCH" not in os.environ:
    _first_process()
os.environ["PREMISE_VAR"] = os.path.join(
    os.environ["PREMISE_TEST_SCRATCH"], os.environ.get("PYTEST_XDIST_WORKER", "main")
)

from config.settings import *  # noqa: E402, F403
from config.settings import DATABASES, STATIC_ROOT, STORAGES, VAR  # noqa: E402

# Tables from the models: half a minute less, in each worker, than by migrations. test_serve.py migrates on both
# databases, and holds that PostgreSQL's tables come out the same.
DATABASES["default"]["TEST"] = {"MIGRATE": False}
if DATABASES["default"]["ENGINE"].endswith("sqlite3"):
    # A file, not memory: a worker process and a live server must see what the test sees.
    DATABASES["default"]["TEST"]["NAME"] = str(VAR / "test.sqlite3")
    DATABASES["default"]["OPTIONS"]["init_command"] += "PRAGMA synchronous=OFF;"

PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
# Only collectstatic writes the manifest that the real storage wants.
STORAGES = STORAGES | {"staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}}
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
CACHES = {"default": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}}
# Hundreds of tests sign in from one address; the limits have tests of their own.
ACCOUNT_RATE_LIMITS = False
