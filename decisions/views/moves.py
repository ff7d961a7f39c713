"""Move a decision on: each move has a page that says what it means and asks what it needs."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from approvals.models import User
from config.kit.forms import add_errors
from config.kit.refusals import BadInput
from config.kit.web import page
from decisions import access
from decisions.domain.moves import FINAL, State
from decisions.forms import moves as forms
from decisions.models import Decision
from decisions.queries.desk import Desk, open_desk
from decisions.queries.overview import Overview
from decisions.services import moves, people, questions, reviews
from decisions.services.places import decision_url, review_url
from decisions.views.request import SignedIn


@dataclass(frozen=True)
class MovePage:
    """A move: its button, what it means, what it asks, what it does (returning where to go) and what is said then."""

    label: str
    meaning: str
    form: type[forms.MoveForm]
    act: Callable[[Decision, User, dict[str, Any]], str]
    done: str
    tone: str = ""
    at_once: bool = False  # the button on the decision's page acts without asking first


def _submit(decision: Decision, by: User, _typed: dict[str, Any]) -> str:
    return reverse("approval", args=[moves.submit(decision, by=by).pk])


def _back(verb: Callable[..., Any]) -> Callable[[Decision, User, dict[str, Any]], str]:
    def act(decision: Decision, by: User, typed: dict[str, Any]) -> str:
        verb(decision, by=by, **typed)
        return decision_url(decision.reference)

    return act


def _amend(decision: Decision, by: User, typed: dict[str, Any]) -> str:
    moves.open_amendment(decision, by=by, **typed)
    return reverse("decision_edit", args=[decision.reference, "background"])


def _again(decision: Decision, by: User, _typed: dict[str, Any]) -> str:
    return reverse("decision_refresh", args=[moves.new_cycle(decision, by=by).reference])


def _review(decision: Decision, by: User, _typed: dict[str, Any]) -> str:
    return review_url(reviews.open_review(decision, by=by).pk)


def _question(decision: Decision, by: User, typed: dict[str, Any]) -> str:
    return reverse("reevaluation", args=[questions.question(decision, by=by, **typed).pk])


PAGES: dict[str, MovePage] = {
    "submit": MovePage(
        "Submit for approval",
        "The content is frozen and sent to its approvers; it stays locked until their verdict.",
        forms.NothingForm,
        _submit,
        "Submitted for approval.",
        "pri",
        at_once=True,
    ),
    "withdraw": MovePage(
        "Withdraw",
        "The request ends and the content can be edited again.",
        forms.ReasonForm,
        _back(moves.withdraw),
        "Withdrawn from review.",
    ),
    "abandon": MovePage(
        "Abandon",
        "The draft ends here for good; it stays readable.",
        forms.ReasonForm,
        _back(moves.abandon),
        "The draft is abandoned.",
        "danger",
    ),
    "amend": MovePage(
        "Amend",
        "You edit a copy; what is approved stays in force until the amendment is approved.",
        forms.AmendForm,
        _amend,
        "The amendment is open: edit the sections, then submit.",
    ),
    "drop": MovePage(
        "Drop the amendment",
        "The sections go back to the approved version.",
        forms.ReasonForm,
        _back(moves.drop_amendment),
        "The amendment is dropped.",
        "danger",
    ),
    "supersede": MovePage(
        "Supersede",
        "Another decision takes this one's place; this one ends.",
        forms.SuccessorForm,
        _back(moves.supersede),
        "The decision is superseded.",
        "danger",
    ),
    "close": MovePage(
        "Close",
        "The decision has done its work; say what came of it.",
        forms.CloseForm,
        _back(moves.close),
        "The decision is closed.",
    ),
    "question": MovePage(
        "Question it",
        "A re-evaluation opens, and the owner must answer it.",
        forms.QuestionForm,
        _question,
        "The decision is called into question.",
    ),
    "transfer": MovePage(
        "Give it to another owner",
        "They answer for it from now on; you stay one of its authors and may not sign it.",
        forms.TransferForm,
        _back(people.transfer),
        "The decision has a new owner.",
        "danger",
    ),
    "review": MovePage(
        "Hold a review",
        "What came is compared with what was expected, and you say what becomes of the decision.",
        forms.NothingForm,
        _review,
        "",
        at_once=True,
    ),
    "new-cycle": MovePage(
        "New cycle",
        "A new draft begins with this content and its lessons.",
        forms.NothingForm,
        _again,
        "A new cycle begins.",
        "pri",
        at_once=True,
    ),
}


@dataclass(frozen=True)
class MoveLink:
    """A button on the decision's page."""

    name: str
    page: MovePage
    url: str


def moves_for(overview: Overview) -> list[MoveLink]:
    """Return the moves this person may make now."""
    reference = overview.decision.reference
    names = _names(overview)
    return [MoveLink(name, PAGES[name], reverse("decision_move", args=[reference, name])) for name in names]


def _names(overview: Overview) -> list[str]:
    desk, state = overview.desk, State(overview.decision.state)
    if state in FINAL:
        return ["new-cycle"] if access.may_create(desk.user) else []
    asking = ["question"] if state == State.IN_FORCE and desk.may_question else []
    if not desk.may_manage:
        return asking
    if state == State.DRAFT:
        return ["submit", "abandon"]
    if overview.request_id:
        return ["withdraw", *asking]
    if overview.change is not None:
        return ["submit", "drop", *asking]
    return ["review", "amend", "supersede", "close", *asking] if state == State.IN_FORCE else ["review"]


@login_required
@require_http_methods(["GET", "POST"])
def move(request: SignedIn, reference: str, move: str) -> HttpResponse:
    """Ask what a move needs, then make it; refusals carry every reason (409)."""
    if move not in PAGES:
        raise Http404("There is no such move.")
    desk, asked = open_desk(request.user, reference), PAGES[move]
    _require(desk, move)
    form = asked.form(request.POST if request.method == "POST" else None, decision=desk.decision, user=request.user)
    if form.is_bound and form.is_valid():
        try:
            target = asked.act(desk.decision, request.user, form.cleaned_data)
        except BadInput as bad:
            add_errors(form, bad.errors)
        else:
            if asked.done:
                messages.success(request, asked.done)
            return redirect(target)
    context = {"decision": desk.decision, "asked": asked, "form": form, "move": move}
    return page(request, "decisions/move.html", context, 422 if form.is_bound else 200)


def _require(desk: Desk, move: str) -> None:
    """Say at the door what the service would say after the form was filled in."""
    decision, user = desk.decision, desk.user
    if move == "new-cycle":
        access.require(access.may_create(user), user, decision, "Only owners may begin a new cycle.")
    elif move == "question":
        sentence = "Only its people, approvers and stewards may question it."
        access.require(questions.may_question(user, decision), user, decision, sentence)
    elif move != "withdraw":
        access.require_manage(user, decision)
