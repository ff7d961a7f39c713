"""The calculator for samples: its questions and figures stand in the address, so that an answer can be shared."""

from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.views.decorators.http import require_safe

from config.kit.web import page
from metrics.domain.sizing import Undetectable
from metrics.forms.calculator import DEFAULTS, QUESTIONS, SUBJECTS, CalculatorForm
from metrics.queries.calculator import METHODS, Answer, answer


@login_required
@require_safe
def metric_calculator(request: HttpRequest) -> HttpResponse:
    """Show the form of the question asked, and its answer once every figure is there."""
    ask = request.GET.get("ask", "")
    ask = ask if ask in QUESTIONS else "interval"
    of = "mean" if request.GET.get("of") == "mean" else "share"
    form = _filled(request, ask, of)
    found = _answered(form)
    context = {
        "form": form,
        "ask": ask,
        "of": of,
        "questions": _choices("ask", QUESTIONS, ask, f"of={of}"),
        "subjects": _choices("of", SUBJECTS, of, f"ask={ask}"),
        "answer": found,
        "method": METHODS[ask, of],
    }
    return page(request, "metrics/calculator.html", context, 422 if form.errors else 200)


def _filled(request: HttpRequest, ask: str, of: str) -> CalculatorForm:
    """Return the form with what the address says; to be answered once every figure without a default is sent."""
    names = CalculatorForm(ask=ask, of=of).fields
    given = {name: request.GET[name] for name in names if name in request.GET}
    if all(name in given or name in DEFAULTS for name in names):
        return CalculatorForm(DEFAULTS | given, ask=ask, of=of)
    return CalculatorForm(initial=DEFAULTS | given, ask=ask, of=of)


def _choices(name: str, choices: dict[str, str], chosen: str, rest: str) -> list[tuple[str, str, bool]]:
    """Return address, words and whether it is the one shown, of each choice."""
    here = reverse("metric_calculator")
    return [(f"{here}?{name}={key}&{rest}", words, key == chosen) for key, words in choices.items()]


def _answered(form: CalculatorForm) -> Answer | None:
    if not form.is_bound or not form.is_valid():
        return None
    try:
        return answer(form.ask, form.of, form.cleaned_data)
    except Undetectable as error:
        form.add_error(None, str(error))
        return None
