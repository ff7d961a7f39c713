"""Wholes that stand without a segment which came late: what making them anew would change, and the button that does."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from config.kit.days import day_text
from config.kit.web import page
from metrics.domain.remaking import CHANGED, SAME, WITHHELD, Remade, Remaking
from metrics.models import Metric
from metrics.queries import figures
from metrics.services import remaking, segments
from metrics.services.late_parts import counted
from metrics.views.common import managed, person

SHOWN = 25


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def metric_wholes(request: HttpRequest, key: str) -> HttpResponse:
    """Show what would change to whoever manages the metric; POST makes anew what they saw."""
    metric = managed(request, key)
    if request.method == "POST":
        done = remaking.remake(metric, seen=request.POST.get("seen", ""), by=person(request))
        messages.success(request, _done(done))
        return redirect("metric_segments", metric.key)
    found = remaking.preview(metric)
    context = {
        "metric": metric,
        "standing": counted(metric.segments.all()),
        "found": found,
        "tiles": _tiles(found),
        "rows": [_row(metric, each) for each in found.differing[:SHOWN]],
        "more": max(0, len(found.differing) - SHOWN),
        "frozen": segments.frozen(metric) if found.periods else "",
    }
    return page(request, "metrics/metric_wholes.html", context)


def _done(done: Remaking) -> str:
    count, changed, withheld = len(done.periods), done.counts[CHANGED], done.counts[WITHHELD]
    told = "One whole is" if count == 1 else f"{count:,} wholes are"
    return f"{told} made anew: {changed:,} with another value, {withheld:,} withheld."


def _tiles(found: Remaking) -> list[tuple[str, int, str]]:
    """Return label, figure and note of each of the three outcomes."""
    return [
        ("Get another value", found.counts[CHANGED], "Their conditions are judged anew"),
        ("Would be withheld", found.counts[WITHHELD], "As the rule wants it while a part is missing"),
        ("Stay as they are", found.counts[SAME], "The same value comes out"),
    ]


def _row(metric: Metric, each: Remade) -> dict[str, Any]:
    unit = metric.definition.unit if metric.definition else ""
    local = metric.local_day(each.start)
    return {
        "period": day_text(local) + (f", {each.start:%H:%M} UTC" if metric.has_short_periods else ""),
        "before": figures.with_unit(each.before, unit),
        "after": figures.with_unit(each.after, unit) if each.after is not None else "",
        "trouble": each.trouble,
    }
