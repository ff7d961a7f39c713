"""Answer a re-evaluation."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from config.kit.refusals import BadInput, MoveRefused
from config.kit.web import page
from decisions import access
from decisions.forms.moves import AnswerForm
from decisions.models import Reevaluation
from decisions.queries.answering import Question, open_question, words
from decisions.services import reevaluations
from decisions.views.request import SignedIn

LARGEST = 2**63 - 1


@login_required
@require_http_methods(["GET", "POST"])
def reevaluation(request: SignedIn, identifier: int) -> HttpResponse:
    """Show what broke and what was approved for it; POST acknowledges or answers, a second answer is a 409."""
    question = open_question(request.user, min(identifier, LARGEST), now=timezone.now())
    if request.method == "GET":
        return _show(request, question, _form(request, question))
    access.require_answer(request.user, question.reevaluation.decision)
    if "acknowledge" in request.POST:
        reevaluations.acknowledge(question.reevaluation, by=request.user)
        messages.success(request, "Acknowledged: you are on it.")
        return redirect("reevaluation", identifier)
    form = _form(request, question)
    return _answer(request, question, form) if form.is_valid() else _show(request, question, form, 422)


def _form(request: SignedIn, question: Question) -> AnswerForm:
    data = request.POST if request.method == "POST" else None
    return AnswerForm(data, decision=question.reevaluation.decision, user=request.user)


def _answer(request: SignedIn, question: Question, form: AnswerForm) -> HttpResponse:
    if not question.reevaluation.is_open:
        who, when = question.reevaluation.answered_by, question.reevaluation.answered_at
        said = f" by {who}, {timezone.localtime(when):%-d %b %Y, %H:%M}" if who and when else ""
        raise MoveRefused([f"This re-evaluation has been answered already{said}."])
    try:
        answered = reevaluations.answer(question.reevaluation, by=request.user, **form.cleaned_data)
    except BadInput as bad:
        for name, sentences in bad.errors.items():
            form.add_error(name if name in form.fields else None, sentences)
        return _show(request, question, form, 422)
    if answered.outcome == Reevaluation.Outcome.AMEND:
        messages.success(request, "Answered: amend the decision, then submit it.")
        return redirect("decision_edit", answered.decision.reference, "background")
    messages.success(request, f"Answered: {answered.get_outcome_display().lower()}.")
    return redirect("decision", answered.decision.reference)


def _show(request: SignedIn, question: Question, form: AnswerForm, status: int = 200) -> HttpResponse:
    item = question.reevaluation
    may_answer = access.may_answer(request.user, item.decision)
    wanted = item.state in {Reevaluation.State.OPEN, Reevaluation.State.ACKNOWLEDGED}
    context = {
        "question": question,
        "reevaluation": item,
        "decision": item.decision,
        "form": form,
        "answering": may_answer and wanted,
        "acknowledging": may_answer and item.state == Reevaluation.State.OPEN,
        "people": question.people(),
        "latency": words(question.latency),
    }
    return page(request, "decisions/reevaluation.html", context, status)
