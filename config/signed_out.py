"""Forms that outlived their session: what was typed is kept in the page, and can be sent again after signing in."""

from collections.abc import Callable

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render, resolve_url

from config.kit.web import SECRET, page, typed

Handler = Callable[[HttpRequest], HttpResponse]
TOKEN = "csrfmiddlewaretoken"  # noqa: S105 the name of the field


class SignedOut:
    """Answer a form whose sender is no longer signed in with the form, where a redirect would throw it away."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; a form sent to sign in comes back with what was typed."""
        response = self.get_response(request)
        sent_away = response.status_code == 302 and response.headers["Location"].startswith(_sign_in())
        if not sent_away or request.method != "POST" or request.path_info.startswith("/accounts/"):
            return response
        if request.headers.get("X-Autosave") != "1" and not typed(request):
            return response
        context = {"held": held(request), "typed": typed(request), "sign_in": _sign_in()}
        return page(request, "401.html", context, 401, fragment="components/_signed_out.html")


def unsaved(request: HttpRequest) -> HttpResponse:
    """Answer an autosave whose token is old: to fetch a fresh one, or, to somebody signed out, to sign in first."""
    if request.user.is_authenticated:
        return HttpResponse(status=403, headers={"X-Form-Expired": "1"})
    return render(request, "components/_signed_out.html", {"sign_in": _sign_in()}, status=401)


def held(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the posted fields, so that the form can be sent again; never a secret."""
    names = (name for name in request.POST if name != TOKEN and not SECRET.search(name))
    return [(name, text) for name in names for text in request.POST.getlist(name)]


def own_form(request: HttpRequest) -> bool:
    """Say whether the browser vouches that the form stood on a page of this site."""
    return request.headers.get("Origin", "") == f"{request.scheme}://{request.get_host()}"


def _sign_in() -> str:
    return resolve_url(settings.LOGIN_URL)
