"""Pages about people: who works here, and what each person chooses for themselves."""

from typing import cast

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.cache import add_never_cache_headers
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from csp_portal.accounts.credentials import remove_second_factors
from csp_portal.accounts.forms import ROLES, PersonForm, PreferencesForm, RoleForm
from csp_portal.accounts.models import Role, User
from csp_portal.accounts.people import PeopleError, add_person, change_role, generate_password, let_in, shut_out
from csp_portal.accounts.redirects import next_of
from csp_portal.accounts.rights import Capability, SignedInRequest, requires


@require_GET
@requires(Capability.MANAGE_PORTAL, step_up=True)
def people(request: SignedInRequest) -> HttpResponse:
    """Everybody; ?show=stale only those who may sign in and have not for long."""
    everyone = list(User.objects.prefetch_related("scope_groups").order_by("-is_active", "name", "pk"))
    stale = set(User.objects.stale(now=timezone.now()).values_list("pk", flat=True))
    only_stale = request.GET.get("show") == "stale"
    tabs = [
        {"label": _("Everybody"), "url": "?", "count": len(everyone), "is_current": not only_stale},
        {"label": _("Long not signed in"), "url": "?show=stale", "count": len(stale), "is_current": only_stale},
    ]
    shown = [person for person in everyone if person.pk in stale or not only_stale]
    return render(request, "accounts/people.html", {"people": shown, "roles": ROLES, "stale": stale, "tabs": tabs})


@require_http_methods(["GET", "POST"])
@requires(Capability.MANAGE_PORTAL, step_up=True)
def person_new(request: SignedInRequest) -> HttpResponse:
    """The generated password is in this one answer and nowhere else."""
    form = PersonForm(request.POST or None)
    if not form.is_valid():
        return render(request, "accounts/person_new.html", {"form": form})
    password = generate_password()
    person = add_person(
        form.cleaned_data["email"],
        name=form.cleaned_data["name"],
        role=Role(form.cleaned_data["role"]),
        password=password,
        by=request.user,
    )
    answer = render(request, "accounts/person_added.html", {"person": person, "password": password})
    add_never_cache_headers(answer)
    return answer


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def person_role(request: SignedInRequest, pk: int) -> HttpResponse:
    person, form = get_object_or_404(User, pk=pk), RoleForm(request.POST)
    if form.is_valid():
        role = Role(form.cleaned_data["role"])
        try:
            change_role(person, role, by=request.user)
        except PeopleError as error:
            messages.error(request, str(error))
        else:
            messages.success(request, _("%(name)s: %(role)s") % {"name": person.name, "role": role.label})
    else:
        messages.error(request, _("There is no such role."))
    return redirect("accounts:people")


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def person_disable(request: SignedInRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    try:
        shut_out(person, by=request.user)
    except PeopleError as error:
        messages.error(request, str(error))
    else:
        messages.success(request, _("%(name)s may no longer sign in.") % {"name": person.name})
    return redirect("accounts:people")


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def person_factors(request: SignedInRequest, pk: int) -> HttpResponse:
    """Take away the passkeys and codes of somebody who lost them; one's own are changed on one's own page."""
    person = get_object_or_404(User, pk=pk)
    if person.pk == request.user.pk:
        messages.error(request, _("Change your own passkeys and codes under “How you sign in”."))
    elif remove_second_factors(person, by=request.user):
        words = _("%(name)s signs in with the password now, and adds a new passkey then.")
        messages.success(request, words % {"name": person.name})
    else:
        messages.info(request, _("%(name)s has no passkeys and no codes.") % {"name": person.name})
    return redirect("accounts:people")


@require_POST
@requires(Capability.MANAGE_PORTAL, step_up=True)
def person_enable(request: SignedInRequest, pk: int) -> HttpResponse:
    person = get_object_or_404(User, pk=pk)
    let_in(person, by=request.user)
    messages.success(request, _("%(name)s may sign in again.") % {"name": person.name})
    return redirect("accounts:people")


@require_GET
def profile(request: HttpRequest) -> HttpResponse:
    return render(request, "accounts/profile.html", {"themes": User.Theme.choices, "languages": settings.LANGUAGES})


@require_GET
def no_access(request: HttpRequest) -> HttpResponse:
    """Where people without a role end up; whoever has one goes on to the portal."""
    if cast(User, request.user).role != Role.NONE:
        return redirect(settings.LOGIN_REDIRECT_URL)
    return render(request, "accounts/no_access.html")


@require_POST
@login_not_required
def language(request: HttpRequest) -> HttpResponse:
    """The language of the pages before sign-in; of the person too, where somebody is signed in."""
    form = PreferencesForm({"language": request.POST.get("language", "")})
    answer = redirect(next_of(request))
    if form.is_valid() and form.cleaned_data["language"]:
        chosen = form.cleaned_data["language"]
        if isinstance(request.user, User):
            request.user.keep_preferences(language=chosen)
        _remember_language(answer, chosen)
    return answer


@require_POST
def preferences(request: HttpRequest) -> HttpResponse:
    """Keep language or theme; the language also goes into the cookie, for the pages before sign-in."""
    form = PreferencesForm(request.POST)
    if not form.is_valid():
        return HttpResponse(_("There is no such language or theme."), status=400)
    chosen = {name: value for name, value in form.cleaned_data.items() if value}
    if chosen:
        cast(User, request.user).keep_preferences(**chosen)
    answer = HttpResponse(status=204) if request.headers.get("HX-Request") else redirect(next_of(request))
    if "language" in chosen:
        _remember_language(answer, chosen["language"])
    return answer


def _remember_language(answer: HttpResponse, language: str) -> None:
    answer.set_cookie(
        settings.LANGUAGE_COOKIE_NAME,
        language,
        max_age=365 * 24 * 3600,
        secure=settings.LANGUAGE_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
