"""What every page of metrics needs: the person, the metric they may see, errors put beside their fields."""

from decimal import Decimal

from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest
from django.urls import reverse

from approvals.models import User
from config.kit.canonical import decimal_text
from config.kit.refusals import Reason
from metrics.access import may_manage, seen
from metrics.models import Metric


def person(request: HttpRequest) -> User:
    """Return who asks; pages are behind sign-in."""
    return request.user  # type: ignore[return-value]


def visible(request: HttpRequest, key: str) -> Metric:
    """Return the metric; 404 alike for what is not there and what this person may not see."""
    found = seen(person(request), key, Metric.objects.with_definition())
    if found is None:
        raise Http404
    return found


def managed(request: HttpRequest, key: str, refusal: str = "You may not manage this metric.") -> Metric:
    """Return the metric, which this person manages; 403 with the sentence for who only sees it."""
    metric = visible(request, key)
    if not may_manage(person(request), metric):
        raise PermissionDenied(refusal)
    return metric


def ended(metric: Metric) -> Reason:
    """Say that a retired metric takes no values, and lead to what took its place."""
    if metric.successor is None:
        return Reason(f"{metric.name} is retired and takes no more values.", reverse("metric", args=[metric.key]))
    sentence = f"{metric.name} is retired and takes no more values; record {metric.successor_name} instead."
    shown = metric.successor if metric.successor.is_open else metric
    return Reason(sentence, reverse("metric", args=[shown.key]))


def calculated(metric: Metric, user: User) -> list[Reason]:
    """Say that nobody records a calculated metric, and lead to those of its inputs that the person sees."""
    sentence = f"{metric.name} is calculated: record or correct what it is calculated from, and it follows."
    inputs = Metric.objects.visible_to(user).filter(formula_uses__metric=metric).order_by("name")
    return [
        Reason(sentence, reverse("metric", args=[metric.key])),
        *(Reason(f"{each.name} is one of its inputs.", reverse("metric_record", args=[each.key])) for each in inputs),
    ]


def exact(value: Decimal) -> Decimal:
    """Return a number as CSV should write it: no trailing zeros, and no text, which the formula guard quotes."""
    return Decimal(decimal_text(value))
