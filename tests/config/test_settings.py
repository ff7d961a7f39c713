"""Settings follow the environment, and README names every variable."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

BASE = Path(__file__).resolve().parents[2]
NAMES = ("DATABASES", "REDIS_URL", "CELERY_BROKER_URL", "DEBUG", "ALLOWED_HOSTS", "SECRET_KEY", "EMAIL_BACKEND",
         "SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT", "SECURE_HSTS_SECONDS",
         "CSRF_TRUSTED_ORIGINS", "VAR", "FONTS_DIR", "PORT")  # fmt: skip


def settings_with(var: Path, **environment: str) -> dict[str, Any]:
    """Return some settings as a fresh process reads them from nothing but these variables."""
    program = (
        "import json; from config import settings\n"
        f"print(json.dumps({{name: getattr(settings, name) for name in {NAMES!r}}}, default=str))"
    )
    kept = {"PATH": os.environ["PATH"], "PREMISE_VAR": str(var)}
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=BASE, env=kept | environment, capture_output=True, text=True, check=True
    )
    return json.loads(done.stdout)


def test_without_a_word_all_lies_under_var(tmp_path: Path):
    found = settings_with(tmp_path)
    database = found["DATABASES"]["default"]
    assert database["ENGINE"].endswith("sqlite3")
    assert database["NAME"] == str(tmp_path / "premise.sqlite3")
    assert database["OPTIONS"]["transaction_mode"] == "IMMEDIATE"
    for pragma in ("journal_mode=WAL", "recursive_triggers=ON", "foreign_keys=ON"):
        assert pragma in database["OPTIONS"]["init_command"]
    assert found["REDIS_URL"] == f"unix://{tmp_path}/broker.sock?db=0"
    assert found["CELERY_BROKER_URL"].startswith("redis+socket://")
    assert found["FONTS_DIR"] == str(tmp_path / "fonts")
    assert found["DEBUG"] is False
    assert found["ALLOWED_HOSTS"] == ["127.0.0.1", "localhost", "[::1]"]
    assert found["SECRET_KEY"] == (tmp_path / "secret_key").read_text()


def test_addresses_switch_to_servers(tmp_path: Path):
    found = settings_with(
        tmp_path,
        DATABASE_URL="postgresql://me:pass@db.example.org:5433/premise?sslmode=verify-full",
        REDIS_URL="redis://cache.example.org/4",
    )
    database = found["DATABASES"]["default"]
    assert database["ENGINE"].endswith("postgresql")
    assert (database["HOST"], database["PORT"], database["NAME"]) == ("db.example.org", 5433, "premise")
    assert database["OPTIONS"] == {"sslmode": "verify-full", "prepare_threshold": 0}
    assert found["CELERY_BROKER_URL"] == "redis://cache.example.org/4"


def test_a_postgresql_on_a_socket(tmp_path: Path):
    database = settings_with(tmp_path, DATABASE_URL="postgresql://me@%2Fvar%2Frun/premise")["DATABASES"]["default"]
    assert (database["HOST"], database["NAME"]) == ("/var/run", "premise")


def test_https_closes_what_plain_http_leaves_open(tmp_path: Path):
    plain = settings_with(tmp_path)
    secure = settings_with(tmp_path, HTTPS="1", ALLOWED_HOSTS="premise.example.org")
    for name in ("SESSION_COOKIE_SECURE", "CSRF_COOKIE_SECURE", "SECURE_SSL_REDIRECT"):
        assert (plain[name], secure[name]) == (False, True)
    assert secure["SECURE_HSTS_SECONDS"] >= 31_536_000
    assert secure["CSRF_TRUSTED_ORIGINS"] == ["https://premise.example.org"]


def test_the_rest_of_the_environment(tmp_path: Path):
    found = settings_with(
        tmp_path,
        SECRET_KEY="given",
        DEBUG="1",
        PORT="8123",
        ALLOWED_HOSTS="a.example.org,b.example.org",
        EMAIL_URL="smtp://mail.example.org:25",
        FONTS_DIR=str(tmp_path / "type"),
    )
    assert found["FONTS_DIR"] == str(tmp_path / "type")
    assert found["SECRET_KEY"] == "given"
    assert found["DEBUG"] is True
    assert found["PORT"] == 8123
    assert found["ALLOWED_HOSTS"] == ["a.example.org", "b.example.org"]
    assert found["EMAIL_BACKEND"].endswith("smtp.EmailBackend")


@pytest.mark.parametrize("variable", sorted({
    *re.findall(r'\benv(?:\.\w+)?\("([A-Z_]+)"', (BASE / "config" / "settings.py").read_text()),
    *re.findall(r'environ(?:\.get)?[\[(]"([A-Z_]+)"', (BASE / "config" / "ops" / "serve.py").read_text()),
} - {"DJANGO_SETTINGS_MODULE"}))  # fmt: skip
def test_readme_names_every_variable(variable: str):
    assert f"`{variable}`" in (BASE / "README.md").read_text()
