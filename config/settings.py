"""Settings, read from the environment; README lists every variable with its default."""

import logging
from pathlib import Path
from typing import Any

import dj_database_url
from csp.constants import NONE, SELF
from environs import Env
from redis.backoff import NoBackoff
from redis.retry import Retry

from config.broker import celery_url, embedded_url
from config.kit.single_sign_on import origin, providers
from config.secret import kept_secret

BASE_DIR = Path(__file__).resolve().parent.parent
env = Env()

VAR = Path(env.str("PREMISE_VAR", str(BASE_DIR / "var"))).resolve()
VAR.mkdir(parents=True, exist_ok=True)

DEBUG = env.bool("DEBUG", False)
SECRET_KEY = env.str("SECRET_KEY", "") or kept_secret(VAR / "secret_key")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", ["127.0.0.1", "localhost", "[::1]"])
PORT = env.int("PORT", 8000)
HTTPS = env.bool("HTTPS", False)

INSTALLED_APPS = [
    "config",
    "approvals",
    "metrics",
    "decisions",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "axes",
    "csp",
    "django_htmx",
    "guardian",
    "simple_history",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
    "django.forms",
]

MIDDLEWARE = [
    "config.middleware.Liveness",
    "django.middleware.security.SecurityMiddleware",
    "config.middleware.PermissionsPolicy",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "config.middleware.RequestLog",
    "config.middleware.ApiProblems",
    "config.middleware.ContentPolicy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "simple_history.middleware.HistoryRequestMiddleware",
    "config.kit.shell.PersonalTimeMiddleware",
    "config.signed_out.SignedOut",
    "config.middleware.BodyLimit",
    "config.kit.web.RefusalMiddleware",
    "axes.middleware.AxesMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "config.kit.shell.shell",
            ],
        },
    },
]
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"


def _database() -> dict[str, Any]:
    """Return the connection: PostgreSQL by DATABASE_URL, else SQLite under var/."""
    url = env.str("DATABASE_URL", "") or f"sqlite:///{VAR / 'premise.sqlite3'}"
    database: dict[str, Any] = dict(dj_database_url.parse(url, conn_max_age=60, conn_health_checks=True))
    if database["ENGINE"].endswith("sqlite3"):
        # recursive_triggers: without it INSERT OR REPLACE slips past the ledger's DELETE guard.
        database["OPTIONS"] = {
            "transaction_mode": "IMMEDIATE",
            "timeout": 20,
            "init_command": (
                "PRAGMA journal_mode=WAL; PRAGMA synchronous=NORMAL;"
                "PRAGMA recursive_triggers=ON; PRAGMA foreign_keys=ON;"
            ),
        }
    else:
        database["ENGINE"] = "config.kit.postgresql"
        # Those that ask for it are prepared at once (0), unless a pooler has sessions share connections.
        threshold = 0 if env.bool("PREPARED_STATEMENTS", True) else None
        database["OPTIONS"] = database.get("OPTIONS", {}) | {"prepare_threshold": threshold}
    return database


DATABASES = {"default": _database()}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

REDIS_URL = env.str("REDIS_URL", "") or embedded_url(VAR)

CELERY_BROKER_URL = celery_url(REDIS_URL)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {
    # Above the longest task, or a second worker starts it beside the first.
    "visibility_timeout": 360,
    # A lost message comes back within seconds of that timeout, not within 100 s (interval × throttle).
    "unacked_restore_interval": 2,
    "unacked_restore_throttle": 1,
    # A person who saves must not wait for a broker that is away: one try (else 6 s of them), and short ones.
    "max_retries": 0,
    "socket_connect_timeout": 1,
    "socket_timeout": 3,
}
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "premise"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_CONCURRENCY = 2
CELERY_WORKER_MAX_TASKS_PER_CHILD = 500
CELERY_WORKER_CANCEL_LONG_RUNNING_TASKS_ON_CONNECTION_LOSS = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_TIMEZONE = "UTC"

CACHES = {
    "default": {
        "BACKEND": "config.cache.ForgivingRedisCache",
        "LOCATION": REDIS_URL,
        "KEY_PREFIX": "premise",
        "OPTIONS": {"socket_timeout": 1, "socket_connect_timeout": 1, "retry": Retry(NoBackoff(), 0)},
    },
}

# Seconds between two runs. A message that waited longer than two rounds expires: the next round does its work.
PREMISE_BEAT = {
    "config.pulse": 5,
    "decisions.sweep": 5,
    "decisions.make_packs": 15,
    "approvals.checkpoint": 300,
    "approvals.check_ledger": 60,
    "metrics.pull": 5,
}
CELERY_BEAT_SCHEDULE = {
    task: {"task": task, "schedule": seconds, "options": {"expires": 2 * seconds}}
    for task, seconds in PREMISE_BEAT.items()
}
# Topic of config.kit.wake → the task that it wakes.
PREMISE_WAKE = {
    "signals": "decisions.receive_signals",
    "packs": "decisions.make_packs",
    "ledger-checks": "approvals.check_ledger",
    "forecasts": "metrics.forecast",
    "pulls": "metrics.pull",
    "quality": "metrics.check_quality",
    "trade-offs": "metrics.look_at_pairs",
}

AUTH_USER_MODEL = "approvals.User"
AUTHENTICATION_BACKENDS = [
    "axes.backends.AxesStandaloneBackend",
    "django.contrib.auth.backends.ModelBackend",
    "allauth.account.auth_backends.AuthenticationBackend",
    "guardian.backends.ObjectPermissionBackend",
]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 10}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "inbox"
ANONYMOUS_USER_NAME = None
GUARDIAN_RAISE_403 = False

ACCOUNT_LOGIN_METHODS = {"username"}
ACCOUNT_SIGNUP_FIELDS = ["username*", "email*", "password1*", "password2*"]
ACCOUNT_ADAPTER = "approvals.adapter.ClosedSignupAdapter"
ACCOUNT_FORMS = {"login": "approvals.forms.sign_in.SignInForm"}
ACCOUNT_EMAIL_VERIFICATION = "none"
# Who finds a screen unlocked must not change the address that a password is reset by, or an account found by.
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_LOGOUT_ON_GET = False
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True

OIDC_ISSUER = env.str("OIDC_ISSUER", "")
OIDC_CLIENT_ID = env.str("OIDC_CLIENT_ID", "")
OIDC_CLIENT_SECRET = env.str("OIDC_CLIENT_SECRET", "")
OIDC_NAME = env.str("OIDC_NAME", "") or "single sign-on"
SOCIALACCOUNT_ADAPTER = "approvals.adapter.KnownPeopleAdapter"
SOCIALACCOUNT_PROVIDERS = providers(OIDC_ISSUER, OIDC_CLIENT_ID, OIDC_CLIENT_SECRET, OIDC_NAME)

# Ten failures of one name from one address lock that pair for a quarter of an hour; counted in the database.
AXES_FAILURE_LIMIT = 10
AXES_COOLOFF_TIME = 0.25
AXES_LOCKOUT_PARAMETERS = [["username", "ip_address"]]
AXES_ENABLE_ADMIN = False
AXES_RESET_ON_SUCCESS = True
ACCOUNT_RATE_LIMITS = {
    "login": "60/m/ip",
    # axes decides about failed sign-ins: two lockouts with two clocks would confuse people.
    "login_failed": False,
    "reauthenticate": "20/m/user",
    "change_password": "5/m/user",
    "reset_password": "20/m/ip,5/m/key",
    "reset_password_from_key": "20/m/ip",
    "signup": "20/m/ip",
    "confirm_email": "1/3m/key",
}

LANGUAGE_CODE = "en-gb"
TIME_ZONE = "UTC"
USE_I18N = False
USE_TZ = True

STATIC_URL = "static/"
STATIC_ROOT = VAR / "static"
FONTS_DIR = Path(env.str("FONTS_DIR", "") or VAR / "fonts")
FONTS_DIR.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [BASE_DIR / "config" / "static", ("fonts", FONTS_DIR)]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage", "OPTIONS": {"location": VAR / "uploads"}},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
API_CALLS_PER_MINUTE = 6000
MAX_BODY_BYTES = 12 * 1024 * 1024
DATA_UPLOAD_MAX_MEMORY_SIZE = MAX_BODY_BYTES
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
UPLOAD_HOURS = env.int("UPLOAD_HOURS", 48)

CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "img-src": [SELF, "data:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "form-action": [SELF, *origin(OIDC_ISSUER)],
        "base-uri": [NONE],
        "frame-ancestors": [NONE],
        "manifest-src": [SELF],
    },
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE_SSL_REDIRECT = HTTPS
SECURE_HSTS_SECONDS = 31_536_000 if HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if HTTPS else None
# Load balancers ask for these without TLS.
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
CSRF_FAILURE_VIEW = "config.errors.csrf_failure"
CSRF_TRUSTED_ORIGINS = [f"https://{host.lstrip('.')}" for host in ALLOWED_HOSTS if host != "*"] if HTTPS else []

# Where scheduled pulls may go: nowhere but to the folder below, until somebody says so.
PULL_SCHEMES = env.list("PULL_SCHEMES", ["https", "postgresql", "sqlite"])
PULL_HOSTS: list[str] = env.list("PULL_HOSTS", [])
PULL_PRIVATE_HOSTS: list[str] = env.list("PULL_PRIVATE_HOSTS", [])
PULL_PORTS = env.list("PULL_PORTS", [443, 5432], subcast=int)
PULL_FOLDERS = env.list("PULL_FOLDERS", [str(VAR / "sources")])
# The first encrypts the credentials of pulls, all of them decrypt; without any it is SECRET_KEY.
CREDENTIALS_KEYS: list[str] = env.list("CREDENTIALS_KEY", [])

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {
        "json": {"()": "config.logs.JsonFormatter"},
        "plain": {"format": "{asctime} {levelname} {name}: {message}", "style": "{"},
    },
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "plain" if DEBUG else "json"}},
    "root": {"handlers": ["stderr"], "level": env.log_level("LOG_LEVEL", logging.WARNING)},
    # Django's own handlers mail administrators and print a second format.
    # A PDF that cannot be read is answered with a sentence; pypdf would add its own remarks.
    "loggers": {
        "django": {"handlers": [], "level": "WARNING"},
        "django.server": {"handlers": [], "propagate": True},
        "pypdf": {"level": "CRITICAL"},
    },
}

vars().update(env.dj_email_url("EMAIL_URL", "console:"))
# Long enough for a slow mail server, short enough for the sweep, which waits for it.
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env.str("EMAIL_FROM", "premise@localhost")
PUBLIC_URL = env.str("PUBLIC_URL", f"http://127.0.0.1:{PORT}").rstrip("/")

GUARDIAN_MONKEY_PATCH_USER = False
SIMPLE_HISTORY_HISTORY_CHANGE_REASON_USE_TEXT_FIELD = True
