"""The language of the pages before sign-in; after it the person's own choice counts."""

from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponseBase
from django.views.i18n import set_language


@login_not_required
def language(request: HttpRequest) -> HttpResponseBase:
    """Keep the language in a cookie and go back; Django checks that the way back stays on this host."""
    return set_language(request)
