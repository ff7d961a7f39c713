"""Addresses that exist only for tests: every component on one page, and the answers a script must cope with."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.urls import include, path
from django.views.decorators.csrf import csrf_exempt

from config.kit import charts
from config.kit.numbers import ExactDecimalField
from config.kit.refusals import MoveRefused, Reason
from config.kit.text import CleanCharField, SaneDateField
from config.kit.web import page

START = date(2025, 11, 24)
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
STATES = ("Draft", "In review", "In force", "Questioned", "Stopped", "Closed")
MOVES = (
    ("Draft", "submit", "In review"),
    ("In review", "approve", "In force"),
    ("In review", "return", "Draft"),
    ("In force", "question", "Questioned"),
    ("In force", "close", "Closed"),
    ("Questioned", "reaffirm", "In force"),
    ("Questioned", "stop", "Stopped"),
)
saves: list[dict[str, Any]] = []


class GuideForm(forms.Form):
    """One field of each kind."""

    title = CleanCharField(label="Title", max_length=20, help_text="One line, as it will be found.")
    why = CleanCharField(label="Why now", rows=3, required=False)
    bound = ExactDecimalField(label="Break when above", help_text="For example 66.0")
    day = SaneDateField(label="Next check")
    tier = forms.ChoiceField(label="Tier", choices=[("a", "Operational"), ("b", "Tactical")])
    verdict = forms.ChoiceField(
        label="Your verdict", choices=[("a", "Approve and sign"), ("r", "Reject")], widget=forms.RadioSelect
    )
    read = forms.BooleanField(label="I have read the whole dossier")


class RowForm(forms.Form):
    """One criterion."""

    name = CleanCharField(label="Name")
    weight = ExactDecimalField(label="Weight")


Rows = forms.formset_factory(RowForm, extra=1, can_delete=True)


def guide(request: HttpRequest) -> HttpResponse:
    """Show every component."""
    values = [60 + 5 * ((index * 7919) % 13) / 13 for index in range(52)]
    points = [(START + timedelta(weeks=index), value) for index, value in enumerate(values)]
    levels = [charts.Level(66, "Break above 66", "break"), charts.Level(62, "Mean", "mean")]
    wide, narrow = (
        charts.state_graph(STATES, MOVES, current="Questioned", title="Lifecycle", narrow=slim)
        for slim in (False, True)
    )
    bad = {"title": "A title far longer than twenty characters", "bound": "NaN", "day": "0001-01-01"}
    context = {
        "form": GuideForm(bad if "bad" in request.GET else None),
        "formset": Rows(initial=[{"name": "Cost", "weight": "30"}]),
        "figure": charts.line_figure(points, title="Resolution rate", description="A year", unit="%", levels=levels),
        "graph": wide,
        "graph_narrow": narrow,
        "spark": charts.sparkline(values, title="A year"),
        "tasks": [
            {"title": "1. Background", "url": "#a", "status": "Completed", "tone": "", "current": False},
            {"title": "2. Options", "url": "#b", "status": "In progress", "tone": "info", "current": True},
            {"title": "3. Risks", "url": "#c", "status": "There is a problem", "tone": "bad", "current": False},
        ],
        "words": request.GET.get("words", "Two posts are free."),
        "events": [{"at": NOON, "who": "A person", "what": "Submitted", "tone": "info"}],
        "criteria": [("c1", "Cost", 60, (20, 80)), ("c2", "Reach", 40, (90, 50))],
    }
    return page(request, "guide.html", context)


@csrf_exempt
def save(request: HttpRequest) -> HttpResponse:
    """Take an autosave: a conflict for the word “conflict”, a refusal for “wrong”, else the next version."""
    note = request.POST.get("note", "")
    saves.append(dict(request.POST.items()) | {"autosave": request.headers.get("X-Autosave")})
    if note == "conflict":
        return HttpResponse('<p data-focus tabindex="-1">Saved by somebody else at 14:05.</p>', status=409)
    if note == "wrong":
        return HttpResponse("<p>Mend the note.</p>", status=422)
    version = int(request.POST.get("version", "0")) + 1
    return HttpResponse(status=204, headers={"X-Version": str(version), "X-Saved": f"Saved as {version}"})


@csrf_exempt
def refuse(request: HttpRequest) -> HttpResponse:
    """Refuse with two reasons."""
    raise MoveRefused([Reason("Compare at least 3 options; there are 2.", "/guide/"), Reason("Name an owner.")])


@csrf_exempt
def done(request: HttpRequest) -> HttpResponse:
    """Say what was sent."""
    return page(request, "404.html", {}, status=200)


urlpatterns = [
    path("guide/", guide),
    path("guide/save/", save),
    path("guide/refuse/", refuse),
    path("guide/done/", done),
    path("", include("config.urls")),
]
