"""The answers when something is wrong with a request, or with us: pages for people, problem details for programs."""

from django.http import HttpRequest, HttpResponse
from django.template.loader import render_to_string

from config.kit.web import page, problem, typed, wants_json
from config.signed_out import held, own_form, unsaved

NOT_FOUND = "There is nothing at this address, or it is not yours to see."


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 400 without reading the request again: Django's own view would, and fail on the same body."""
    if wants_json(request):
        return problem(400, "The request cannot be read")
    return HttpResponse(render_to_string("400.html"), status=400)


def forbidden(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 403."""
    if wants_json(request):
        return problem(403, "Not allowed", str(exception))
    return page(request, "403.html", {"exception": str(exception)}, 403)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer 404, the same for what is not there and what may not be seen."""
    if wants_json(request):
        return problem(404, "Not found", NOT_FOUND)
    return page(request, "404.html", {}, 404)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer 500 without asking anything of what may be broken: no database, no person, no navigation."""
    number = getattr(request, "id", "")
    if wants_json(request):
        return problem(500, "Something went wrong here", f"The request was {number}.")
    return HttpResponse(render_to_string("500.html", {"request_id": number}), status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer 403 to a form whose token is missing or old; the reason is for the log, which has it."""
    if wants_json(request):
        return problem(403, "Not allowed", "The request carries no valid token.")
    if request.headers.get("X-Autosave") == "1":
        return unsaved(request)
    # Offered only where the browser says that the form is ours: somebody else's must not be sent with our own token.
    again = {"held": held(request), "typed": typed(request)} if own_form(request) else {}
    return page(request, "403_csrf.html", again, 403)
