"""The replay of a break condition while it is being written."""

from dataclasses import dataclass
from functools import cached_property
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST

from decisions import access
from decisions.forms.conditions import BreakConditionForm
from decisions.forms.editor import Editor
from decisions.forms.sections import AssumptionEditor
from decisions.queries.desk import Desk, open_desk
from decisions.queries.watching import Watch, preview
from decisions.views.request import SignedIn

ROWS = "conditions"


@login_required
@require_POST
def replay(request: SignedIn, reference: str) -> HttpResponse:
    """Replay one condition as it is typed, storing nothing: its replay alone, or (`whole`) its form anew with it."""
    desk = open_desk(request.user, reference)
    access.require_edit(request.user, desk.decision)
    item = request.GET.get("item", "")
    if not AssumptionEditor.holds(desk.dossier, item):
        raise Http404("There is no such assumption.")
    editor = AssumptionEditor(desk.dossier, item, desk.offers, data=request.POST)
    row = _row(editor, request.GET.get("row", ""))
    replaying = Replaying(desk, item, editor, row.prefix or "")
    whole = "whole" in request.GET
    number = int((row.prefix or "").rpartition("-")[2]) + 1
    more = {"row": row, "number": number, "watch": replaying.previews.get(row.prefix)}
    template = f"decisions/{'_row_condition' if whole else '_replay_answer'}.html"
    return render(request, template, replaying.context() | more)


@dataclass(frozen=True)
class Replaying:
    """The conditions on the page of an assumption, of which one may be replayed as typed."""

    desk: Desk
    item: str
    editor: Editor
    wanted: str = ""

    def context(self) -> dict[str, object]:
        """Return what the rows of conditions need: where they are replayed, and the replay asked for."""
        if not isinstance(self.editor, AssumptionEditor):
            return {}
        url = reverse("decision_replay", args=[self.desk.decision.reference])
        return {"preview_url": f"{url}?{urlencode({'item': self.item})}", "previews": self.previews}

    @cached_property
    def previews(self) -> dict[str | None, Watch]:
        """Return the replay asked for, under the name of its row; none for a row that is filled in wrongly."""
        if not self.wanted:
            return {}
        row = _row(self.editor, self.wanted)
        if not row.is_valid():
            return {}
        return {row.prefix: preview(row.content(), self.desk.user, as_of=timezone.now())}


def _row(editor: Editor, prefix: str) -> BreakConditionForm:
    """Return the form of one condition; Http404 when the page has none of that name."""
    for form in editor.rowsets[ROWS].forms:
        if form.prefix == prefix and isinstance(form, BreakConditionForm):
            return form
    raise Http404("There is no such condition on this page.")
