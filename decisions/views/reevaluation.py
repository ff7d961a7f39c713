"""Answer a re-evaluation, or take an answer up again."""

from collections.abc import Sequence

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.kit.forms import add_errors
from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page
from decisions import access
from decisions.forms.moves import AnswerForm, ReopenForm
from decisions.models import Reevaluation
from decisions.queries.answering import Question, open_question, words
from decisions.services import reevaluations, reopening
from decisions.views.request import SignedIn

LARGEST = 2**63 - 1
State = Reevaluation.State


@login_required
@require_http_methods(["GET", "POST"])
def reevaluation(request: SignedIn, identifier: int) -> HttpResponse:
    """Show what broke and what was approved for it; POST acknowledges, answers or reopens, a second answer is a 409."""
    question = open_question(request.user, min(identifier, LARGEST), now=timezone.now())
    if request.method == "GET":
        return _show(request, question, _form(request, question))
    access.require_answer(request.user, question.reevaluation.decision)
    if "acknowledge" in request.POST:
        reevaluations.acknowledge(question.reevaluation, by=request.user)
        messages.success(request, "Acknowledged: you are on it.")
        return redirect("reevaluation", identifier)
    if "reopen" in request.POST:
        return _reopen(request, question)
    form = _form(request, question)
    return _answer(request, question, form) if form.is_valid() else _show(request, question, form, 422)


def _form(request: SignedIn, question: Question) -> AnswerForm:
    item = question.reevaluation
    posted = request.method == "POST" and "reopen" not in request.POST
    # An answer that was not approved comes back with the words that were typed.
    typed = {"reason": item.reason, "evidence": item.evidence}
    return AnswerForm(request.POST if posted else None, decision=item.decision, user=request.user, initial=typed)


def _answer(request: SignedIn, question: Question, form: AnswerForm) -> HttpResponse:
    try:
        answered = reevaluations.answer(question.reevaluation, by=request.user, **form.cleaned_data)
    except BadInput as bad:
        add_errors(form, bad.errors)
        return _show(request, question, form, 422)
    except MoveRefused as refused:
        # Somebody may have answered meanwhile: what was typed is shown again, beside what they said.
        again = open_question(request.user, question.reevaluation.pk, now=timezone.now())
        return _show(request, again, form, 409, refused=[str(each) for each in refused.reasons])
    messages.success(request, _said(answered))
    if answered.state == State.AMENDING:
        return redirect("decision_edit", answered.decision.reference, "background")
    return redirect("reevaluation" if answered.state == State.CONFIRMING else "decision", _target(answered))


def _target(answered: Reevaluation) -> int | str:
    return answered.pk if answered.state == State.CONFIRMING else answered.decision.reference


def _said(answered: Reevaluation) -> str:
    if answered.state == State.AMENDING:
        return "Answered: amend the decision, then submit it."
    outcome = answered.get_outcome_display().lower()
    if answered.state == State.CONFIRMING:
        return f"Answered: {outcome}. A second person is asked to approve it."
    return f"Answered: {outcome}."


def _reopen(request: SignedIn, question: Question) -> HttpResponse:
    form = ReopenForm(request.POST, decision=question.reevaluation.decision, user=request.user)
    if not form.is_valid():
        return _show(request, question, _form(request, question), 422, reopening_form=form)
    opened = reopening.reopen(question.reevaluation, by=request.user, reason=form.cleaned_data["reason"])
    messages.success(request, "The answer is looked at again.")
    return redirect("reevaluation", opened.pk)


def _typed(form: AnswerForm) -> list[tuple[str, str]]:
    """Return what was written, to be copied from a page that no longer asks for it."""
    return [(str(form[name].label), str(form.cleaned_data.get(name, ""))) for name in ("reason", "evidence")]


def _show(
    request: SignedIn,
    question: Question,
    form: AnswerForm,
    status: int = 200,
    *,
    refused: Sequence[str] = (),
    reopening_form: ReopenForm | None = None,
) -> HttpResponse:
    item = question.reevaluation
    may_answer = access.may_answer(request.user, item.decision)
    context = {
        "question": question,
        "reevaluation": item,
        "decision": item.decision,
        "form": form,
        "answering": may_answer and item.state in {State.OPEN, State.ACKNOWLEDGED},
        "acknowledging": may_answer and item.state == State.OPEN,
        "muting": may_answer,
        "reopening": may_answer and question.may_reopen,
        "reopening_form": reopening_form or ReopenForm(decision=item.decision, user=request.user),
        "errors": {"": refused},
        "typed": _typed(form) if refused else [],
        "people": question.people(),
        "latency": words(question.latency),
    }
    return page(request, "decisions/reevaluation.html", context, status)
