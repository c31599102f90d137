"""One settings file for the laptop and the hospital; every choice is an environment variable.

``DEPLOYMENT=local`` (the default) answers only on this machine and keeps everything in ``.local``.
``DEPLOYMENT=production`` demands its secrets and addresses, and refuses to start without them.
The table of variables is in ``portal/README.md``.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.exceptions import ImproperlyConfigured

from portal import environment
from portal.api_settings import REST_FRAMEWORK as REST_FRAMEWORK
from portal.api_settings import SPECTACULAR_SETTINGS as SPECTACULAR_SETTINGS

BASE_DIR = Path(__file__).resolve().parent.parent
LOCAL_DIR = Path(environment.text("LOCAL_DIR", str(BASE_DIR / ".local")))
LOCAL_HOSTS = "127.0.0.1,localhost,[::1]"
DEPLOYMENT = environment.text("DEPLOYMENT", "local")
if DEPLOYMENT not in {"local", "production"}:
    raise ImproperlyConfigured(f"DEPLOYMENT must be local or production, not {DEPLOYMENT!r}.")
IS_PRODUCTION = DEPLOYMENT == "production"
if not IS_PRODUCTION:
    LOCAL_DIR.mkdir(mode=0o700, parents=True, exist_ok=True)


def _local_default(value: str) -> str | None:
    return None if IS_PRODUCTION else value


DEBUG = environment.flag("DEBUG", default=False)
if DEBUG and IS_PRODUCTION:
    raise ImproperlyConfigured("DEBUG shows internals to everyone; unset it in production.")
SECRET_KEY = environment.secret_key(LOCAL_DIR, may_generate=not IS_PRODUCTION)
SECRET_KEY_FALLBACKS = environment.words("SECRET_KEY_FALLBACKS")
ALLOWED_HOSTS = environment.words("ALLOWED_HOSTS", "" if IS_PRODUCTION else LOCAL_HOSTS)
if not ALLOWED_HOSTS:
    raise ImproperlyConfigured("Set ALLOWED_HOSTS to the host names of this portal.")
# The address that e-mails and FHIR resources carry.
SITE_URL = environment.text("SITE_URL", _local_default("http://127.0.0.1:8000")).rstrip("/")

# --- applications ------------------------------------------------------------------------------

INSTALLED_APPS = [
    "portal.apps.PortalConfig",
    "portal.audit",
    "portal.accounts",
    "portal.notifications",
    "portal.trials",
    "portal.studies",
    "portal.runs",
    "portal.reports",
    "portal.retention",
    "portal.administration",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "rest_framework",
    "drf_spectacular",
    "whitenoise.runserver_nostatic",
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.humanize",
    "django.contrib.messages",
    "django.contrib.sessions",
    "django.contrib.staticfiles",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "portal.middleware.content_security_policy",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "portal.language.chosen_language",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "portal.accounts.idle.sign_out_idle",
    "portal.accounts.middleware.LoginRequired",  # but for pages that say login_not_required
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "allauth.account.middleware.AccountMiddleware",
    "allauth.usersessions.middleware.UserSessionsMiddleware",
    "portal.audit.middleware.remember_request",
    "portal.api_middleware.api",
    "portal.second_factor.SecondFactorMiddleware",
    "portal.stored_results.StoredResults",
]

ROOT_URLCONF = "portal.urls"
WSGI_APPLICATION = "portal.wsgi.application"
TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "frontend" / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "portal.trials.menu.menu",
            ],
        },
    },
]

# --- where things are kept ---------------------------------------------------------------------

DATABASES = {
    "default": environment.database(
        environment.text("DATABASE_URL", _local_default(f"sqlite:///{LOCAL_DIR}/lobule.sqlite3"))
    )
}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
STORAGE_URL = environment.text("STORAGE_URL", _local_default(f"file://{LOCAL_DIR}/storage"))
CACHE_URL = environment.text("CACHE_URL", "")
CACHES: dict[str, dict[str, Any]] = {
    "default": {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": CACHE_URL}
    if CACHE_URL
    else {"BACKEND": "django.core.cache.backends.locmem.LocMemCache"}
}

# --- jobs --------------------------------------------------------------------------------------

CELERY_BROKER_URL, CELERY_BROKER_TRANSPORT_OPTIONS = environment.broker(
    environment.text("CELERY_BROKER_URL", _local_default(f"filesystem://{LOCAL_DIR}/broker"))
)
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_TASK_ACKS_LATE = True
CELERY_TASK_REJECT_ON_WORKER_LOST = True
CELERY_TASK_IGNORE_RESULT = True
CELERY_TASK_DEFAULT_QUEUE = "cpu"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# A worker renews its lease every few seconds; without that the stage goes to another worker.
RUN_LEASE_SECONDS = environment.integer("RUN_LEASE_SECONDS", 90)
RUN_MAX_ATTEMPTS = environment.integer("RUN_MAX_ATTEMPTS", 3)
RUN_WAKE_AGAIN_SECONDS = environment.integer("RUN_WAKE_AGAIN_SECONDS", 60)

# --- sign-in -----------------------------------------------------------------------------------

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
# ASVS 6.2: length and known-bad lists, no composition rules, no forced rotation.
AUTH_PASSWORD_VALIDATORS = [
    {
        "NAME": "django.contrib.auth.password_validation.MinimumLengthValidator",
        "OPTIONS": {"min_length": 12},
    },
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
ACCOUNT_ADAPTER = "portal.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*", "password2*"]
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False
ACCOUNT_LOGOUT_REDIRECT_URL = "account_login"
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = True
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_REAUTHENTICATION_TIMEOUT = 300
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if IS_PRODUCTION else "http"
ACCOUNT_RATE_LIMITS = {"login": "30/m/ip", "login_failed": "10/m/ip,5/5m/key"}
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_ADAPTER = "portal.accounts.adapter.SecondFactorAdapter"
MFA_TOTP_ISSUER = "Lobule"
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = not IS_PRODUCTION
# Readers and administrators must have a second factor; only the local demo goes without.
MFA_REQUIRED = environment.flag("MFA_REQUIRED", default=IS_PRODUCTION)
USERSESSIONS_ADAPTER = "portal.accounts.adapter.SessionsAdapter"
SOCIALACCOUNT_ADAPTER = "portal.accounts.adapter.HospitalAdapter"
SOCIALACCOUNT_EMAIL_AUTHENTICATION_AUTO_CONNECT = True
OIDC_SERVER_URL = environment.text("OIDC_SERVER_URL", "")
# Domains whose verified addresses the hospital vouches for; others connect by hand, once.
OIDC_EMAIL_DOMAINS = environment.words("OIDC_EMAIL_DOMAINS")
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
if OIDC_SERVER_URL:
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "hospital",
                "name": environment.text("OIDC_NAME", "Hospital sign-in"),
                "client_id": environment.text("OIDC_CLIENT_ID"),
                "secret": environment.text("OIDC_CLIENT_SECRET"),
                "settings": {"server_url": OIDC_SERVER_URL},
            }
        ],
    }
SESSION_COOKIE_AGE = environment.integer("SESSION_HOURS", 8) * 3600
SESSION_EXPIRE_AT_BROWSER_CLOSE = True
SESSION_IDLE_MINUTES = environment.integer("SESSION_IDLE_MINUTES", 60)

# --- the wire ----------------------------------------------------------------------------------

SESSION_COOKIE_SECURE = IS_PRODUCTION
CSRF_COOKIE_SECURE = IS_PRODUCTION
CSRF_TRUSTED_ORIGINS = [SITE_URL]
SECURE_SSL_REDIRECT = environment.flag("SECURE_SSL_REDIRECT", default=IS_PRODUCTION)
SECURE_HSTS_SECONDS = 365 * 24 * 3600 if IS_PRODUCTION else 0
SECURE_HSTS_INCLUDE_SUBDOMAINS = IS_PRODUCTION
SECURE_REDIRECT_EXEMPT = [r"^healthz$"]
if environment.flag("BEHIND_PROXY", default=IS_PRODUCTION):
    SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
# How many proxies of ours append to X-Forwarded-For; 0 = the peer itself is the client.
TRUSTED_PROXY_COUNT = environment.integer("TRUSTED_PROXY_COUNT", 1 if IS_PRODUCTION else 0)
ALLAUTH_TRUSTED_PROXY_COUNT = TRUSTED_PROXY_COUNT
# Style attributes are set by plotly.js and NiiVue; scripts come from our own files only.
CONTENT_SECURITY_POLICY = {
    "default-src": "'none'",
    "script-src": "'self'",
    "style-src": "'self' 'unsafe-inline'",
    "img-src": "'self' data: blob:",
    "font-src": "'self'",
    "connect-src": "'self'",
    "worker-src": "'self' blob:",
    "manifest-src": "'self'",
    "form-action": "'self'",
    "frame-ancestors": "'none'",
    "base-uri": "'none'",
}

# --- static files ------------------------------------------------------------------------------

STATIC_URL = "/static/"
STATIC_ROOT = BASE_DIR / "frontend" / "static-build"
STATIC_ROOT.mkdir(parents=True, exist_ok=True)
STATICFILES_DIRS = [
    folder for name in ("static", "dist") if (folder := BASE_DIR / "frontend" / name).is_dir()
]
WHITENOISE_USE_FINDERS = not IS_PRODUCTION
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.InMemoryStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedStaticFilesStorage"},
}

# --- language and time -------------------------------------------------------------------------

LANGUAGE_CODE = "en-gb"
LANGUAGES = [
    ("en-gb", "English"),
    ("de", "Deutsch"),
    ("es", "Español"),
    ("fr", "Français"),
    ("pt", "Português"),
]
LOCALE_PATHS = [BASE_DIR / "portal" / "locale"]
LANGUAGE_COOKIE_SAMESITE = "Lax"
TIME_ZONE = environment.text("TZ", "UTC")

# --- e-mail ------------------------------------------------------------------------------------

EMAIL_HOST = environment.text("EMAIL_HOST", "")
EMAIL_BACKEND = f"django.core.mail.backends.{'smtp' if EMAIL_HOST else 'console'}.EmailBackend"
EMAIL_PORT = environment.integer("EMAIL_PORT", 587)
EMAIL_HOST_USER = environment.text("EMAIL_HOST_USER", "")
EMAIL_HOST_PASSWORD = environment.text("EMAIL_HOST_PASSWORD", "")
EMAIL_USE_TLS = environment.flag("EMAIL_USE_TLS", default=True)
DEFAULT_FROM_EMAIL = environment.text("DEFAULT_FROM_EMAIL", "Lobule <lobule@localhost>")
# Programs of people may be called on this machine itself; a server calls public addresses only.
WEBHOOK_ALLOW_LOOPBACK = environment.flag("WEBHOOK_ALLOW_LOOPBACK", default=not IS_PRODUCTION)

# --- API ---------------------------------------------------------------------------------------
# The viewer reads voxels while the pointer moves; a program that loops is stopped far above that.
API_REQUESTS_A_MINUTE = environment.integer("API_REQUESTS_A_MINUTE", 3000)
API_STRANGER_REQUESTS_A_MINUTE = environment.integer("API_STRANGER_REQUESTS_A_MINUTE", 120)

# --- uploads -----------------------------------------------------------------------------------

DEIDENTIFICATION_REQUIRED = environment.flag("DEIDENTIFICATION_REQUIRED", default=True)
if IS_PRODUCTION and not DEIDENTIFICATION_REQUIRED:
    raise ImproperlyConfigured("DEIDENTIFICATION_REQUIRED is off: names would rest on the server.")
UPLOAD_MAX_FILES = environment.integer("UPLOAD_MAX_FILES", 50_000)
UPLOAD_MAX_FILE_BYTES = environment.integer("UPLOAD_MAX_FILE_BYTES", 5 * 1024**3)
UPLOAD_MAX_BYTES = environment.integer("UPLOAD_MAX_BYTES", 20 * 1024**3)
UPLOAD_EXPIRES_DAYS = environment.integer("UPLOAD_EXPIRES_DAYS", 7)
STORAGE_KEEP_FREE_BYTES = environment.integer("STORAGE_KEEP_FREE_BYTES", 2 * 1024**3)
# A manifest of 50,000 files is about 12 MB of JSON; pixel data never passes through this limit.
DATA_UPLOAD_MAX_MEMORY_SIZE = 16 * 1024**2

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"line": {"format": "%(asctime)s %(levelname)s %(name)s %(message)s"}},
    "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": "line"}},
    # What pydicom remarks about a header quotes it, names included.
    "loggers": {"pydicom": {"level": "CRITICAL"}},
    "root": {"handlers": ["stderr"], "level": environment.text("LOG_LEVEL", "INFO")},
}
