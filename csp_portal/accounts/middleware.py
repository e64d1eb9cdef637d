"""What is settled before a view is asked: whether the session still counts, for which role, in which language."""

from collections.abc import Callable

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from csp_portal.accounts import sessions
from csp_portal.accounts.models import NEEDS_STRONG_PROOF, Role, User
from csp_portal.accounts.step_up import has_strong_proof

GetResponse = Callable[[HttpRequest], HttpResponse]


class SessionLimitsMiddleware:
    """A session ends when nobody is at work, and gives no more than its proof: see `User.acts_as`."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        user, now = request.user, timezone.now()
        if isinstance(user, User):
            if sessions.has_ended(request.session, now=now):
                logout(request)
            else:
                sessions.see(request, now=now)
                if user.role in NEEDS_STRONG_PROOF and not has_strong_proof(request):
                    user.held_to = Role.SUPPORT_AGENT
        return self.get_response(request)


class PreferencesMiddleware:
    """The signed-in person's own language goes before the browser's, which LocaleMiddleware has set."""

    def __init__(self, get_response: GetResponse) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        language = getattr(request.user, "language", "")
        if language:
            translation.activate(language)
            request.LANGUAGE_CODE = translation.get_language() or language
        return self.get_response(request)
