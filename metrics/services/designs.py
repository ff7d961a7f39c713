"""The plan of an experiment, checked: what may be compared, on which metrics, and how much is demanded."""

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

from approvals.models import User
from config.kit.refusals import BadInput
from config.kit.text import clean_text
from metrics.domain.experiments import LEAST_VARIANTS, MOST_FURTHER, MOST_VARIANTS
from metrics.domain.sizing import MOST_CASES
from metrics.models import Experiment, Metric

FIELDS = (
    *("title", "owner", "hypothesis", "variants", "measured", "expects"),
    *("base", "deviation", "effect", "alpha", "power", "sample", "ends_on"),
)
DEFAULTS: dict[str, Any] = {
    "measured": Experiment.Measured.SHARE,
    "expects": Experiment.Expects.RISE,
    "deviation": None,
    "alpha": Decimal(5),
    "power": Decimal(80),
    "sample": None,
    "ends_on": None,
    "further": (),
}
LONGEST_VARIANT = 60

Errors = dict[str, list[str]]


def checked(metric: Metric, fields: Mapping[str, Any], by: User) -> dict[str, Any]:
    """Return every field of a plan, cleaned; BadInput with every error."""
    given: dict[str, Any] = {"owner": by, **DEFAULTS, **fields}
    errors: Errors = {}
    _check_words(given, errors)
    _check_variants(given, errors)
    _check_numbers(given, errors)
    given["further"] = _further(metric, given["further"], by, errors)
    _check_owner(metric, given, errors)
    if errors:
        raise BadInput(errors)
    return given


def _check_words(given: dict[str, Any], errors: Errors) -> None:
    for name, longest, ask in (
        ("title", 160, "Give the experiment a title."),
        ("hypothesis", 4000, "Say what is expected, and why."),
    ):
        try:
            given[name] = clean_text(str(given.get(name) or ""), max_length=longest)
        except ValueError as error:
            errors[name] = [str(error)]
        else:
            if not given[name]:
                errors[name] = [ask]
    for name, choices in (("measured", Experiment.Measured), ("expects", Experiment.Expects)):
        if given[name] not in choices.values:
            errors[name] = ["Choose one of those offered."]


def _check_variants(given: dict[str, Any], errors: Errors) -> None:
    names = [" ".join(str(name).split()) for name in given.get("variants") or ()]
    given["variants"] = names = [name for name in names if name]
    if not LEAST_VARIANTS <= len(names) <= MOST_VARIANTS:
        errors["variants"] = [f"Name {LEAST_VARIANTS} to {MOST_VARIANTS} variants, the control first."]
    elif len({name.casefold() for name in names}) < len(names):
        errors["variants"] = ["Two variants have the same name."]
    elif any(len(name) > LONGEST_VARIANT for name in names):
        errors["variants"] = [f"Use at most {LONGEST_VARIANT} characters for the name of a variant."]


def _check_numbers(given: dict[str, Any], errors: Errors) -> None:
    base, effect, share = given.get("base"), given.get("effect"), given["measured"] == Experiment.Measured.SHARE
    if base is None:
        errors["base"] = ["Say where it stands without the change."]
    elif share and not 0 <= base <= 100:
        errors["base"] = ["A share lies between 0 and 100 %."]
    if effect is None or effect <= 0:
        errors["effect"] = ["Give the least difference that matters, above 0."]
    elif base is not None and share and not errors.get("base"):
        reached = base + effect if given["expects"] == Experiment.Expects.RISE else base - effect
        if not 0 <= reached <= 100:
            errors["effect"] = [f"From {base} % this leads outside 0 to 100 %."]
    if not share and (given["deviation"] is None or given["deviation"] <= 0):
        errors["deviation"] = ["A mean needs the standard deviation between single cases, above 0."]
    if share:
        given["deviation"] = None
    if given["alpha"] is None or not Decimal("0.01") <= given["alpha"] <= 20:
        errors["alpha"] = ["Enter between 0.01 and 20 %."]
    if given["power"] is None or not 50 <= given["power"] <= Decimal("99.9"):
        errors["power"] = ["Enter between 50 and 99.9 %."]
    if given["sample"] is not None and not 2 <= given["sample"] <= MOST_CASES:
        errors["sample"] = ["Plan at least two cases in each variant."]


def _further(metric: Metric, chosen: Sequence[Metric], by: User, errors: Errors) -> list[Metric]:
    found = sorted({each for each in chosen if each != metric}, key=lambda each: each.key)
    visible = set(Metric.objects.visible_to(by).filter(pk__in=[each.pk for each in found]).values_list("pk", flat=True))
    if len(found) > MOST_FURTHER:
        errors["further"] = [f"Watch at most {MOST_FURTHER} further metrics; each comparison makes the line stricter."]
    elif any(each.pk not in visible for each in found):
        errors["further"] = ["Choose metrics of the registry."]
    return found


def _check_owner(metric: Metric, given: Mapping[str, Any], errors: Errors) -> None:
    owner = given["owner"]
    if owner is None or not owner.is_active:
        errors["owner"] = ["Name somebody who is active."]
        return
    wanted = {metric.pk, *(each.pk for each in given["further"])}
    if Metric.objects.visible_to(owner).filter(pk__in=wanted).count() < len(wanted):
        errors["owner"] = [f"{owner} may not see every metric of this experiment."]
