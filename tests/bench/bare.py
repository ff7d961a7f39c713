"""The addresses of Premise, and two plain ones beside them: a page of one line, and a view that inserts one row."""

import json
from datetime import timedelta
from decimal import Decimal
from itertools import count

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.template import engines
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt

from config.urls import handler404, urlpatterns
from metrics.models import Observation

__all__ = ["handler404"]

_numbers = count(1)
HELLO = engines["django"].from_string("<!doctype html><title>Hello</title><p>Hello {{ user.username }}</p>")


@login_required
def bare(request: HttpRequest) -> HttpResponse:
    """Say hello."""
    return HttpResponse(HELLO.render({"user": request.user}, request))


@csrf_exempt
def insert(request: HttpRequest) -> JsonResponse:
    """Store the number that was sent, and nothing else."""
    given = json.loads(request.body)
    now = timezone.now()
    row = Observation.objects.create(
        metric_id=given["metric"],
        segment=f"plain {next(_numbers)}",
        period_start=now,
        period_end=now + timedelta(hours=1),
        value=Decimal(given["value"]),
        recorded_at=now,
    )
    return JsonResponse({"id": row.pk})


urlpatterns = [path("bare/", bare), path("bare/insert/", insert), *urlpatterns]
