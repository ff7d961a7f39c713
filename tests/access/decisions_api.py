"""Who may read decisions through the API."""

from tests.access_matrix import Endpoint, People
from tests.factories import metrics
from tests.factories.decisions import BACKLOG, RESOLUTION, draft, in_force


def decision(people: People) -> str:
    return f"/api/v1/decisions/{draft(people['owner']).reference}"


def approved(people: People) -> str:
    for key in (RESOLUTION, BACKLOG):
        metrics.metric(key=key)
    return f"/api/v1/decisions/{in_force(people['owner']).reference}"


def reevaluation(people: People) -> str:
    return "/api/v1/reevaluations/999999"


ENDPOINTS = [
    Endpoint("GET", "/api/v1/decisions", "decisions:read", address=lambda people: "/api/v1/decisions"),
    Endpoint("GET", "/api/v1/decisions/{reference}", "decisions:read", address=decision),
    Endpoint(
        "GET",
        "/api/v1/decisions/{reference}/record.pdf",
        "decisions:read",
        address=lambda people: f"{decision(people)}/record.pdf",
        status=409,
    ),
    Endpoint(
        "GET",
        "/api/v1/decisions/{reference}/record.json",
        "decisions:read",
        address=lambda people: f"{approved(people)}/record.json",
    ),
    Endpoint(
        "GET",
        "/api/v1/decisions/{reference}/reviews",
        "decisions:read",
        address=lambda people: f"{decision(people)}/reviews",
    ),
    Endpoint("GET", "/api/v1/templates", "decisions:read", address=lambda people: "/api/v1/templates"),
    Endpoint("GET", "/api/v1/reevaluations", "decisions:read", address=lambda people: "/api/v1/reevaluations"),
    Endpoint("GET", "/api/v1/reevaluations/{number}", "decisions:read", address=reevaluation, status=404),
]
