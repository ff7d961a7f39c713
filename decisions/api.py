"""The API of decisions, mounted by config.api: read decisions, re-evaluations, reviews, records and templates."""

from typing import Any

from django.db.models import Prefetch, QuerySet
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from ninja import Query, Router

from approvals.auth import BearerToken
from approvals.models import User
from config.kit.canonical import parse
from decisions.domain.reading import dossier_from
from decisions.domain.writing import dossier_to
from decisions.models import Decision, DecisionTemplate, Escalation, Reevaluation, ReevaluationBreach, Review
from decisions.queries import portfolio
from decisions.queries.spoken import conditions_out
from decisions.schemas import (
    DecisionDetail,
    DecisionList,
    Page,
    ReevaluationList,
    ReevaluationOut,
    ReviewList,
    TemplateList,
    Wanted,
    decision_out,
    reevaluation_out,
    review_out,
)
from decisions.services import drafting, records, templates

router = Router(tags=["decisions"])
READ = BearerToken("decisions:read")


@router.get("/decisions", auth=READ, response=DecisionList, summary="List the decisions you may see")
def list_decisions(request: HttpRequest, page: Query[Page], wanted: Query[Wanted]) -> dict[str, Any]:
    """Filter by words, state, standing, tier, owner's user name, and by a metric they rest on."""
    now = timezone.now()
    filters = {name: _clean(value) for name, value in wanted.dict().items()}
    found = portfolio.found(_user(request), filters, now=now)
    rows = portfolio.rows_of(found[page.offset : page.offset + page.limit], now=now)
    return {"items": [decision_out(row) for row in rows], "count": found.count()}


@router.get("/decisions/{reference}", auth=READ, response=DecisionDetail, summary="One decision with its dossier")
def get_decision(request: HttpRequest, reference: str) -> dict[str, Any]:
    """Return the decision, how it stands, and the content in force (the working content before there is one)."""
    now = timezone.now()
    visible = portfolio.annotated(Decision.objects.visible_to(_user(request)))
    related = visible.select_related("owner", "superseded_by", "previous")
    decision = get_object_or_404(related, reference=_clean(reference))
    version = decision.versions.filter(number=decision.version).first()
    reevaluation = decision.reevaluations.open().first()
    row = next(portfolio.rows_of([decision], now=now))
    dossier = parse(version.text) if version else dossier_to(drafting.dossier_of(decision))
    return decision_out(row) | {
        "dossier": dossier,
        "conditions": conditions_out(dossier_from(dossier), _user(request)),
        "digest": version.digest if version else None,
        "reevaluation": reevaluation.pk if reevaluation else None,
        "superseded_by": decision.superseded_by.reference if decision.superseded_by else None,
        "previous": decision.previous.reference if decision.previous else None,
    }


@router.get("/decisions/{reference}/record.pdf", auth=READ, summary="The signed record as PDF")
def get_record_pdf(request: HttpRequest, reference: str) -> HttpResponse:
    """Return the record of the approved version; who took it is written to the ledger."""
    exported = records.export(_visible(request, reference), by=_user(request))
    headers = {"Content-Disposition": f'attachment; filename="{exported.name}"'}
    return HttpResponse(exported.pdf, content_type="application/pdf", headers=headers)


@router.get("/decisions/{reference}/record.json", auth=READ, summary="The record as data")
def get_record_json(request: HttpRequest, reference: str) -> JsonResponse:
    """Return the dossier, its signatures and ledger entries with their proofs."""
    record = records.record_json(_visible(request, reference))
    return JsonResponse(record, json_dumps_params={"ensure_ascii": False})


@router.get("/decisions/{reference}/reviews", auth=READ, response=ReviewList, summary="Its reviews, newest first")
def list_reviews(request: HttpRequest, reference: str, page: Query[Page]) -> dict[str, Any]:
    """Return those that were held with what they found, and those to come."""
    found = Review.objects.filter(decision=_visible(request, reference)).select_related("decision", "held_by")
    rows = found.order_by("-due_on")[page.offset : page.offset + page.limit]
    return {"items": [review_out(row) for row in rows], "count": found.count()}


@router.get("/templates", auth=READ, response=TemplateList, summary="Decision templates, version by version")
def list_templates(request: HttpRequest, page: Query[Page], key: str = "", state: str = "") -> dict[str, Any]:
    """Filter by key and state; of each template the newest version comes first."""
    templates.current()
    wanted = {name: _clean(value) for name, value in {"key": key, "state": state}.items() if value}
    found = DecisionTemplate.objects.filter(**wanted)
    return {"items": list(found[page.offset : page.offset + page.limit]), "count": found.count()}


@router.get("/reevaluations", auth=READ, response=ReevaluationList, summary="List re-evaluations, newest first")
def list_reevaluations(
    request: HttpRequest, page: Query[Page], state: str = "", decision: str = "", metric: str = ""
) -> dict[str, Any]:
    """Filter by state, decision reference and metric key."""
    found = _reevaluations(request)
    filters = {"state": state, "decision__reference": decision, "metric__key": metric}
    found = found.filter(**{name: _clean(value) for name, value in filters.items() if value})
    rows = found.order_by("-opened_at", "-pk")[page.offset : page.offset + page.limit]
    return {"items": [reevaluation_out(row) for row in rows], "count": found.count()}


@router.get("/reevaluations/{int:number}", auth=READ, response=ReevaluationOut, summary="One re-evaluation")
def get_reevaluation(request: HttpRequest, number: int) -> dict[str, Any]:
    """Return what raised it, the approved response, and the answer."""
    if number > 2**63 - 1:
        raise Http404
    return reevaluation_out(get_object_or_404(_reevaluations(request), pk=number))


def _visible(request: HttpRequest, reference: str) -> Decision:
    """Return the decision; 404 alike for what is not there and what this person may not see."""
    return get_object_or_404(Decision.objects.visible_to(_user(request)), reference=_clean(reference))


def _reevaluations(request: HttpRequest) -> QuerySet[Reevaluation]:
    visible = Reevaluation.objects.visible_to(_user(request))
    related = ("metric", "signal__episode", "signal__condition")
    breaches = Prefetch("breaches", ReevaluationBreach.objects.select_related(*related))
    steps = Prefetch("escalations", Escalation.objects.select_related("person"))
    found = visible.select_related("decision", "metric")
    return found.prefetch_related(breaches, "breaches__signal__condition__snoozes", "grounds", steps)


def _user(request: HttpRequest) -> User:
    """Return the holder of the token."""
    assert isinstance(request.user, User)  # noqa: S101 no answer without a token
    return request.user


def _clean(text: str) -> str:
    """Return a filter's text without what no database takes; it then finds nothing, as it should."""
    return text.replace("\x00", "\ufffd").encode("utf-8", "replace").decode()
