"""Edit one section, or one item of it, a page at a time."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.kit.days import moment_text
from config.kit.refusals import BadInput, MoveRefused, Reason
from config.kit.web import page, wants_fragment
from decisions import access
from decisions.domain.framing import FRAMED
from decisions.domain.reviewing import TITLES
from decisions.forms.editor import Editor
from decisions.forms.sections import ITEM_EDITORS, SECTION_EDITORS, section_editor
from decisions.forms.tables import ImpactsEditor
from decisions.queries.desk import NUMBERS, Desk, open_desk
from decisions.services import drafting, drafts
from decisions.views.conflicts import Clash, save_typed, seen_by
from decisions.views.conversation import said_here
from decisions.views.replays import Replaying
from decisions.views.request import SignedIn
from decisions.views.saving import autosaving, expected_version, fold_in, not_saved, saved

ORDER = list(TITLES)


@dataclass
class Spot:
    """What is being edited: a section, or one item of its list, by whom and with which request."""

    request: SignedIn
    desk: Desk
    section: str
    item: str

    @cached_property
    def base(self) -> Any:
        """Return the section that the page showed: what is typed is read, and in a conflict merged, over it."""
        if self.request.method == "POST":
            return seen_by(self.request, self.desk, self.section)
        return getattr(self.desk.dossier, self.section)

    @cached_property
    def editor(self) -> Editor:
        """Return the forms over what is stored, bound to what was posted."""
        data = self.request.POST if self.request.method == "POST" else None
        dossier, offers, query = self.desk.dossier, self.desk.offers, self.request.GET
        more = query.get("more", "")
        if self.item:
            return ITEM_EDITORS[self.section](dossier, self.item, offers, data=data, more=more)
        only = {"only": query.get("only", "")} if SECTION_EDITORS[self.section] is ImpactsEditor else {}
        return section_editor(self.section, dossier, offers, data=data, more=more, **only)

    def url(self, **query: str) -> str:
        """Return the address of this page with another query."""
        here = reverse("decision_edit", args=[self.desk.decision.reference, self.section])
        return f"{here}?{urlencode(query)}" if query else here

    @property
    def task(self) -> str:
        """Return the line of the task list that this page is on."""
        return "assumptions" if self.item and self.section == "criteria" else self.section

    @property
    def home(self) -> str:
        """Return where the list of items is looked at as a whole."""
        if self.section == "criteria":
            return reverse("decision_assumptions", args=[self.desk.decision.reference])
        return self.url()

    @property
    def framed(self) -> bool:
        """Say whether the page holds parts of a framing that is agreed, and so closed."""
        return self.section in FRAMED and not self.item and self.desk.framing.is_agreed

    @property
    def following(self) -> str:
        """Return the next section's page, or the decision's after the last."""
        place = ORDER.index(self.section) + 1
        if place == len(ORDER):
            return reverse("decision", args=[self.desk.decision.reference])
        return reverse("decision_edit", args=[self.desk.decision.reference, ORDER[place]])


@login_required
@require_http_methods(["GET", "POST"])
def edit(request: SignedIn, reference: str, section: str) -> HttpResponse:
    """Show a section's editor, or save it."""
    desk = open_desk(request.user, reference)
    access.require_edit(request.user, desk.decision)
    spot = Spot(request, desk, section, request.GET.get("item", ""))
    _require_place(spot)
    if request.method == "POST":
        if "preview" in request.POST:
            return _show(spot)
        if "read" in request.POST:
            return _read(spot)
        return _remove(spot) if spot.item and "remove" in request.POST else _save(spot)
    if desk.locked:
        raise MoveRefused(desk.locked)
    return _show(spot)


def _require_place(spot: Spot) -> None:
    if spot.section not in SECTION_EDITORS:
        raise Http404("There is no such section.")
    kind, _ = ITEM_EDITORS.get(spot.section), spot.base
    if spot.item and (kind is None or not kind.holds(spot.desk.dossier, spot.item)):
        raise Http404("There is no such item.")


def _save(spot: Spot) -> HttpResponse:
    """Store what was typed, or show it again with what is wrong with it."""
    request, editor = spot.request, spot.editor
    if not editor.is_valid():
        return _invalid(spot)
    try:
        stored = save_typed(request, spot.desk, spot.section, spot.base, editor.content())
    except Clash as clash:
        return _show(spot, 409, conflict=clash.conflict)
    except BadInput as bad:
        fold_in(editor, bad)
        return _invalid(spot)
    except MoveRefused as refused:
        return _show(spot, 409, refused=refused.reasons)
    except PermissionDenied as denied:
        # Who may write may not therefore name another owner; what else was typed stays on the page.
        return _show(spot, 403, refused=[Reason(str(denied))])
    return saved(stored.version, editor.named()) if autosaving(request) else redirect(_next(spot, stored.version))


def _read(spot: Spot) -> HttpResponse:
    """Show how one text will be read, and save nothing; without htmx the whole page with it, as typed."""
    name = spot.request.POST["read"]
    text = spot.request.POST.get(name, "")
    if wants_fragment(spot.request):
        return render(spot.request, "decisions/_preview.html", {"text": text})
    return _show(spot, preview=text, previewed=name)


def _invalid(spot: Spot) -> HttpResponse:
    return not_saved(spot.request, spot.editor) if autosaving(spot.request) else _show(spot, 422)


def _show(spot: Spot, status: int = 200, **more: object) -> HttpResponse:
    """Render the page; for an autosave only what it has to say about the conflict."""
    desk, section, stored = spot.desk, spot.section, spot.desk.sections[spot.section]
    context = {
        "spot": spot,
        "desk": desk,
        "decision": desk.decision,
        "editor": spot.editor,
        "number": NUMBERS.get(section),
        "section_title": TITLES[section],
        "guidance": desk.template.part(section),
        "noun": ITEM_EDITORS[section].noun if spot.item else "",
        "has_errors": status != 200,
        "version": spot.request.POST.get("version") or stored.version,
        "to_do": [to_do for to_do in desk.to_do if to_do.section == section],
        "current": spot.task,
        "tasks": desk.tasks(spot.task),
        **said_here(desk, section, spot.item),
        "contributors": drafts.by_section(drafts.contributors(desk.decision)).get(section, []),
        "saved": f"Last saved {moment_text(timezone.localtime(stored.updated_at))} by {stored.updated_by}",
        "suggestions": desk.suggestions(spot.editor.kinds()),
        "here": spot.request.get_full_path(),
        **Replaying(desk, spot.item, spot.editor, spot.request.POST.get("preview", "")).context(),
        **more,
    }
    template = "decisions/_conflict.html" if autosaving(spot.request) else "decisions/edit.html"
    return page(spot.request, template, context, status, fragment=template)


def _remove(spot: Spot) -> HttpResponse:
    content = ITEM_EDITORS[spot.section].without(getattr(spot.desk.dossier, spot.section), spot.item)
    expected = expected_version(spot.request)
    drafting.save_section(spot.desk.decision, spot.section, content, expected_version=expected, by=spot.request.user)
    return redirect(spot.home)


def _next(spot: Spot, version: int) -> str:
    """Return where to go after a save: more rows, a new item's page, the next section, or the same page again."""
    posted, same = spot.request.POST, {"item": spot.item} if spot.item else {}
    if spot.item and "merge" in posted:
        # Whoever chose theirs may have chosen that the item is gone.
        return spot.home
    if more := posted.get("more", ""):
        return f"{spot.url(**same, more=more)}#more"
    if posted.get("new") and spot.section in ITEM_EDITORS:
        return add_item(spot.request, spot.desk, spot.section, version)
    if posted.get("go") == "next":
        return spot.home if spot.item else spot.following
    return spot.url(**same)


def add_item(request: SignedIn, desk: Desk, section: str, version: int) -> str:
    """Store one more empty item and return the address of its page."""
    fresh = open_desk(request.user, desk.decision.reference)
    content, identifier = ITEM_EDITORS[section].with_new(getattr(fresh.dossier, section))
    drafting.save_section(fresh.decision, section, content, expected_version=version, by=request.user)
    here = reverse("decision_edit", args=[desk.decision.reference, section])
    return f"{here}?{urlencode({'item': identifier})}"
