"""The addresses of Premise, and one bare page beside them: signed in, one template of one line."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.template import engines
from django.urls import path

from config.urls import handler404, urlpatterns

__all__ = ["handler404"]

HELLO = engines["django"].from_string("<!doctype html><title>Hello</title><p>Hello {{ user.username }}</p>")


@login_required
def bare(request: HttpRequest) -> HttpResponse:
    """Say hello."""
    return HttpResponse(HELLO.render({"user": request.user}, request))


urlpatterns = [path("bare/", bare), *urlpatterns]
