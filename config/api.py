"""The API, /api/v1/: one router per app."""

from ninja import NinjaAPI

from approvals.api import router as approvals
from decisions.api import router as decisions
from metrics.api import router as metrics

api = NinjaAPI(title="Premise", version="1", urls_namespace="api", docs_url=None)
api.add_router("", approvals)
api.add_router("", metrics)
api.add_router("", decisions)
