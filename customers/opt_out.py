"""The page behind the link in each notice: a contact says that it wants no more of them, without signing in."""

from django.contrib.auth.decorators import login_not_required
from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from customers.contacts import opt_in, opt_out
from customers.models import Contact

SALT = "customers.opt_out"


def token_of(contact: Contact) -> str:
    """It never ends: a mail is kept for years, and the link in it must work."""
    return signing.Signer(salt=SALT).sign(str(contact.pk))


@csrf_exempt  # mail programs send the one click of RFC 8058 by themselves, without a cookie; the token is the proof
@require_http_methods(["GET", "HEAD", "POST"])
@never_cache
@login_not_required
def opt_out_page(request: HttpRequest, token: str) -> HttpResponse:
    """GET shows, POST acts: what follows links in mails to look for viruses must not opt anybody out."""
    contact = _contact_of(token)
    if request.method == "POST" and request.POST.get("again"):
        opt_in(contact)
    elif request.method == "POST":
        opt_out(contact, now=timezone.now())
    with translation.override(contact.language):
        return render(request, "customers/opt_out.html", {"contact": contact, "token": token})


def _contact_of(token: str) -> Contact:
    """A removed contact may say it too: it could be brought back."""
    try:
        pk = signing.Signer(salt=SALT).unsign(token)
    except signing.BadSignature as error:
        raise Http404 from error
    contact = Contact.objects.select_related("customer").filter(pk=pk).first()
    if contact is None:
        raise Http404
    return contact
