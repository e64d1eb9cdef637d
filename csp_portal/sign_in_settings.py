"""Settings of Django and allauth for signing in that are the same in every installation; `settings` takes them in."""

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]  # hashes once, for the unknown too
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator", "OPTIONS": {"min_length": 14}},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "account_login"
MFA_ADAPTER = "csp_portal.accounts.mfa_adapter.PortalMFAAdapter"
MFA_FORMS = {
    "authenticate": "csp_portal.accounts.allauth_forms.CountedAuthenticateForm",
    "reauthenticate": "csp_portal.accounts.allauth_forms.CountedReauthenticateForm",
    "add_webauthn": "csp_portal.accounts.allauth_forms.PasskeyForm",
    "authenticate_webauthn": "csp_portal.accounts.allauth_forms.PasskeyAuthenticateForm",
    "login_webauthn": "csp_portal.accounts.allauth_forms.PasskeyLoginForm",
    "reauthenticate_webauthn": "csp_portal.accounts.allauth_forms.PasskeyReauthenticateForm",
}
MFA_SUPPORTED_TYPES = ["webauthn", "totp", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"
MFA_RECOVERY_CODE_COUNT = MFA_RECOVERY_CODE_DIGITS = 10
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_TOTP_TOLERANCE = 1  # a code of the half minute before or after: few phones keep time to the second
MFA_ALLOW_UNVERIFIED_EMAIL = True  # nobody signs up here, so there is no address to verify
MFA_RATE_LIMITS = False  # accounts.throttle counts; a passkey can't be guessed
ACCOUNT_FORMS = {"change_password": "csp_portal.accounts.allauth_forms.CountedChangePasswordForm"}
ACCOUNT_ADAPTER = "csp_portal.accounts.adapter.PortalAdapter"
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "none"
ACCOUNT_PREVENT_ENUMERATION = "strict"
ACCOUNT_EMAIL_UNKNOWN_ACCOUNTS = False  # no mail to addresses that anybody may type in
ACCOUNT_RATE_LIMITS = False  # accounts.throttle counts, in one statement; allauth reads, then writes
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 600  # seconds for which a proof of who sits there is good
ACCOUNT_SESSION_REMEMBER = False
ACCOUNT_LOGOUT_ON_GET = False
