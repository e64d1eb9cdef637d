"""The ways in for people of customers: a mail with a link, Microsoft's sign-in in their own tenant, and out again."""

from uuid import UUID

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from csp_portal.limits.rates import limited
from csp_portal.microsoft.errors import MicrosoftError
from csp_portal.microsoft.sign_in import SignInRefused
from customers.sign_in_words import sentence_of
from support.customer_side.door import guarded_headers, let_in, next_page, show_out, visitor_of
from support.customer_side.forms import EntranceForm
from support.customer_side.links import ask_for_links, person_behind, use_link
from support.customer_side.microsoft import NotACustomer, begin, clouds_to_choose, finish


@limited("customer's entrance", per_minute=10)
@never_cache
@require_http_methods(["GET", "POST"])
@login_not_required
def my_entrance(request: HttpRequest) -> HttpResponse:
    """The same answer for every address, so that nobody learns who is a customer of ours."""
    now = timezone.now()
    if request.method == "GET" and visitor_of(request, now=now) is not None:
        return redirect(next_page(request))
    form = EntranceForm(request.POST or None)
    is_asked = form.is_valid()
    if is_asked:
        ask_for_links(form.cleaned_data["address"], now=now)
    context = {"form": form, "is_asked": is_asked, "clouds": clouds_to_choose(), "next": request.GET.get("next", "")}
    return _shown(render(request, "customer_side/entrance.html", context))


@limited("customer's link", per_minute=30)
@never_cache
@require_http_methods(["GET", "POST"])
@login_not_required
def my_link(request: HttpRequest, token: str) -> HttpResponse:
    """Looking does not use it up; the button does."""
    now = timezone.now()
    person = use_link(token, now=now) if request.method == "POST" else person_behind(token, now=now)
    if person is None:
        return _shown(render(request, "customer_side/link_ended.html", status=410))
    with translation.override(person.language):
        if request.method == "POST":
            answer: HttpResponse = redirect("support:my_tickets")
            let_in(answer, person)
            return answer
        return _shown(render(request, "customer_side/link.html", {"person": person}))


@limited("sign-in", per_minute=60)
@never_cache
@require_safe
@login_not_required
def my_microsoft(request: HttpRequest, connection_id: UUID) -> HttpResponse:
    try:
        address, kept = begin(connection_id, redirect_uri=_callback())
    except (MicrosoftError, LookupError) as error:
        messages.error(request, sentence_of(error) if isinstance(error, MicrosoftError) else str(error.args[0]))
        return redirect("support:my_entrance")
    request.session["customer_sign_in"] = {**kept, "next": next_page(request)}
    return redirect(address)


@limited("sign-in", per_minute=60)
@never_cache
@require_safe
@login_not_required
def my_microsoft_back(request: HttpRequest) -> HttpResponse:
    """Take Microsoft's answer; each refusal is a sentence on the way in."""
    kept = request.session.pop("customer_sign_in", None)
    if kept is None:
        messages.error(request, _("This sign-in is no longer waited for. Start it again from this page."))
        return redirect("support:my_entrance")
    try:
        person = finish(kept, answer=request.GET.dict())
    except (MicrosoftError, SignInRefused) as error:
        messages.error(request, sentence_of(error))
        return redirect("support:my_entrance")
    except NotACustomer as error:
        messages.error(request, str(error))
        return redirect("support:my_entrance")
    answer: HttpResponse = redirect(kept["next"])
    let_in(answer, person)
    return answer


@require_POST
@login_not_required
def my_exit(request: HttpRequest) -> HttpResponse:
    answer = redirect("support:my_entrance")
    show_out(answer)
    return answer


@require_POST
@login_not_required
def my_language(request: HttpRequest) -> HttpResponse:
    """The language of one's own pages and mails."""
    person, chosen = visitor_of(request, now=timezone.now()), request.POST.get("language", "")
    if person is not None and chosen in dict(settings.LANGUAGES):
        person.language = chosen
        person.save(update_fields=["language"])
    return redirect(next_page(request))


def _callback() -> str:
    """The redirect URI to register with the app."""
    return settings.PORTAL_URL + reverse("support:my_microsoft_back")


def _shown(answer: HttpResponse) -> HttpResponse:
    guarded_headers(answer)
    return answer
