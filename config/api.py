"""The API, /api/v1/: one router per app, one rate for every token, and problem details (RFC 9457) for every error."""

import logging
import time

from django.conf import settings
from django.core.exceptions import PermissionDenied
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from ninja import NinjaAPI
from ninja.errors import AuthenticationError, HttpError, Throttled, ValidationError
from ninja.throttling import BaseThrottle

from approvals.api import router as approvals
from config.cache import count
from config.errors import NOT_FOUND
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import bad_input, problem, refused
from decisions.api import router as decisions
from metrics.api import router as metrics
from metrics.segments_api import router as segments

logger = logging.getLogger(__name__)

BROKEN_OFF = "The database broke off, so this may or may not be done: look, or send it again in a moment."


class TokenRate(BaseThrottle):
    """So many calls a minute for each token, counted in whole minutes; without a cache nothing is counted."""

    def allow_request(self, request: HttpRequest) -> bool:
        """Count the call and tell whether it is within the rate."""
        token = getattr(request, "auth", None)
        if token is None:
            return True
        return count(f"api-rate:{token.pk}:{int(time.time()) // 60}", seconds=120) <= settings.API_CALLS_PER_MINUTE

    def wait(self) -> float:
        """Return the seconds to the next minute."""
        return 60 - time.time() % 60


api = NinjaAPI(title="Premise", version="1", urls_namespace="api", docs_url=None, throttle=[TokenRate()])
api.add_router("", approvals)
api.add_router("", metrics)
api.add_router("", segments)
api.add_router("", decisions)


@api.exception_handler(ValidationError)
def _invalid(_request: HttpRequest, error: ValidationError) -> HttpResponse:
    errors = [
        {"field": ".".join(str(step) for step in each["loc"]), "detail": f"{each['msg']}."} for each in error.errors
    ]
    return problem(422, "The input is not usable", " ".join(each["detail"] for each in errors), errors)


@api.exception_handler(AuthenticationError)
def _nobody(_request: HttpRequest, _error: AuthenticationError) -> HttpResponse:
    answer = problem(401, "Not signed in", "Send a valid token: Authorization: Bearer ….")
    answer.headers["WWW-Authenticate"] = "Bearer"
    return answer


@api.exception_handler(Throttled)
def _too_fast(_request: HttpRequest, error: Throttled) -> HttpResponse:
    answer = problem(429, "Too many calls", f"At most {settings.API_CALLS_PER_MINUTE} a minute; wait and send again.")
    answer.headers["Retry-After"] = str(int(error.wait or 1))
    return answer


@api.exception_handler(HttpError)
def _refused_by_ninja(_request: HttpRequest, error: HttpError) -> HttpResponse:
    return problem(error.status_code, "The request cannot be carried out", str(error))


@api.exception_handler(Http404)
def _not_found(_request: HttpRequest, _error: Http404) -> HttpResponse:
    return problem(404, "Not found", NOT_FOUND)


@api.exception_handler(PermissionDenied)
def _forbidden(_request: HttpRequest, error: PermissionDenied) -> HttpResponse:
    return problem(403, "Not allowed", str(error))


@api.exception_handler(MoveRefused)
def _not_ready(request: HttpRequest, error: MoveRefused) -> HttpResponse:
    return refused(request, error)


@api.exception_handler(BadInput)
def _bad_input(request: HttpRequest, error: BadInput) -> HttpResponse:
    return bad_input(request, error)


@api.exception_handler(OperationalError)
@api.exception_handler(InterfaceError)
def _database_away(_request: HttpRequest, error: Exception) -> HttpResponse:
    logger.error("The database broke off.", exc_info=error)
    answer = problem(503, "Not available at the moment", BROKEN_OFF)
    answer.headers["Retry-After"] = "1"
    return answer
