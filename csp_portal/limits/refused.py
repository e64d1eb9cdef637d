"""The answer to a request that is not taken: a page with a sentence for people, the sentence alone for programs."""

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import render


def refuse(request: HttpRequest, status: int, *, title: str, text: str) -> HttpResponse:
    if request.path_info.startswith("/api/"):
        return JsonResponse({"detail": text}, status=status)
    return render(request, "refused.html", {"title": title, "text": text}, status=status)
