"""What happens to every request before any app sees it: a number, liveness, a limit on its size."""

import logging
import re
import time
import uuid
from collections.abc import Callable

from csp.middleware import CSPMiddleware
from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from config.health import healthz
from config.kit.refusals import Reason
from config.kit.web import page, problem, wants_json
from config.logs import request_id

logger = logging.getLogger("premise.request")

Handler = Callable[[HttpRequest], HttpResponse]
# Only what is harmless in a log line and a header is taken over from outside.
GIVEN_ID = re.compile(r"[A-Za-z0-9._-]{8,64}")
CHUNK = 64 * 1024
NOTHING = "default-src 'none'; frame-ancestors 'none'"
UNUSED = "camera=(), microphone=(), geolocation=(), payment=(), usb=()"


class Liveness:
    """Answer /healthz before anything that could fail: no session, no database, no template."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer, or pass on."""
        if request.path_info == "/healthz":
            return healthz(request)
        return self.get_response(request)


class PermissionsPolicy:
    """Switch off the abilities of the browser that no page here uses."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Add the header."""
        response = self.get_response(request)
        response.headers.setdefault("Permissions-Policy", UNUSED)
        return response


class ContentPolicy(CSPMiddleware):
    """What a page may load and run; programs get one word for it, which need not be put together for each answer."""

    def process_response(self, request: HttpRequest, response: HttpResponseBase) -> HttpResponseBase:
        """Add the header."""
        if not wants_json(request):
            return super().process_response(request, response)
        response.headers.setdefault("Content-Security-Policy", NOTHING)
        return response


class RequestLog:
    """Give each request a number (or keep the proxy's), send it back, and log what came of the request.

    The log has the route, not the address: addresses carry names, searches and private feeds' keys.
    """

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Number, pass on, log."""
        given = request.headers.get("X-Request-ID", "")
        number = given if GIVEN_ID.fullmatch(given) else uuid.uuid4().hex
        request.id = number  # type: ignore[attr-defined]
        token = request_id.set(number)
        begun = time.monotonic()
        try:
            response = self.get_response(request)
            self._log(request, response, time.monotonic() - begun)
        finally:
            request_id.reset(token)
        response.headers["X-Request-ID"] = number
        return response

    def _log(self, request: HttpRequest, response: HttpResponse, seconds: float) -> None:
        match = request.resolver_match
        data = {
            "method": request.method,
            "route": f"/{match.route}" if match else "",
            "status": response.status_code,
            "ms": round(seconds * 1000),
        }
        logger.info("%s %s %s", data["method"], data["route"], data["status"], extra={"data": data})


class ApiProblems:
    """Give programs problem details where the framework answers in its own way (405, say)."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on; a plain error of the API becomes a problem."""
        response = self.get_response(request)
        is_json = "json" in response.headers.get("Content-Type", "")
        if response.status_code < 400 or is_json or not wants_json(request):
            return response
        answer = problem(response.status_code, response.reason_phrase)
        for name in ("Allow", "Retry-After", "WWW-Authenticate"):
            if name in response.headers:
                answer.headers[name] = response.headers[name]
        return answer


INSTEAD = {
    "/metrics/import/": "Split the file, or have manage.py import_observations take it, whatever its size.",
    "/api/v1/metrics/": "Send at most 10,000 rows at a time.",
}
"""What to do with more than can be sent, by the beginning of the address."""


def _instead(request: HttpRequest) -> str:
    return next((words for start, words in INSTEAD.items() if request.path_info.startswith(start)), "")


class BodyLimit:
    """Refuse bodies above the limit with a sentence, before anything reads them."""

    def __init__(self, get_response: Handler) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Pass on what is small enough; 413 for the rest."""
        try:
            length = int(request.META.get("CONTENT_LENGTH") or 0)
        except ValueError:
            length = 0
        if length <= settings.MAX_BODY_BYTES:
            return self.get_response(request)
        self._drain(request, length)
        megabytes = settings.MAX_BODY_BYTES // 1024**2
        sentence = (
            f"What was sent is too large: at most {megabytes} MB can be taken at once. {_instead(request)}".strip()
        )
        if wants_json(request):
            return problem(413, "Too large", sentence)
        context = {"reasons": [Reason(sentence)], "heading": "Too large"}
        return page(request, "422.html", context, 413)

    def _drain(self, request: HttpRequest, length: int) -> None:
        # A browser shows the answer only when it could send all: an early close is "connection reset" to it.
        left = min(length, 8 * settings.MAX_BODY_BYTES)
        while left > 0 and (chunk := request.read(min(CHUNK, left))):
            left -= len(chunk)
