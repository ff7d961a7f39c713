"""What templates need of the kit: numbers, dates, Markdown and error summaries."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django import template
from django.forms import BaseForm, BaseFormSet, BoundField
from django.utils import timezone
from django.utils.html import format_html
from django.utils.safestring import SafeString

from config.kit import markdown
from config.kit.canonical import decimal_text
from config.kit.days import day_text, moment_text
from config.kit.numbers import grouped, rounded

register = template.Library()


@dataclass(frozen=True)
class Problem:
    """One line of an error summary: a sentence and the id of the field it is about, if any."""

    sentence: str
    anchor: str = ""
    label: str = ""


@register.simple_tag
def problems(*sources: Any) -> list[Problem]:
    """Return every error of the given forms, formsets, lists of these, and dicts field → sentences, in order."""
    return [problem for source in sources for problem in _problems(source)]


def _problems(source: Any) -> Iterator[Problem]:
    if isinstance(source, BaseForm):
        yield from _form_problems(source)
    elif isinstance(source, BaseFormSet):
        if source.is_bound:
            yield from (Problem(str(error)) for error in source.non_form_errors())
            for form in source.forms:
                yield from _form_problems(form)
    elif isinstance(source, dict):
        yield from (Problem(str(sentence), anchor) for anchor, each in source.items() for sentence in each)
    elif isinstance(source, str):
        if source:
            yield Problem(source)
    elif isinstance(source, Iterable):
        for item in source:
            yield from _problems(item)


def _form_problems(form: BaseForm) -> Iterator[Problem]:
    if not form.is_bound or not form.errors:
        return
    yield from (Problem(str(error)) for error in form.non_field_errors())
    for field in form:
        label = "" if field.is_hidden else str(field.label)
        yield from (Problem(str(error), _anchor(field), label) for error in field.errors)


def _anchor(field: BoundField) -> str:
    # A group of radio buttons has no id of its own; its first button has.
    return field.id_for_label or (f"{field.auto_id}_0" if field.auto_id else "")


@register.filter
def md(text: object) -> SafeString:
    """Render Markdown."""
    return markdown.render(str(text or ""))


@register.filter
def num(value: object, places: int | None = None) -> str:
    """Write a number for reading: grouped by thousands with a narrow space, a true minus; an em dash for none."""
    if value is None or value == "":
        return "—"
    if not isinstance(value, int | float | Decimal) or isinstance(value, bool):
        return str(value)
    exact = Decimal(str(value))
    if not exact.is_finite():
        return "—"
    text = format(rounded(value, places), "f") if places is not None else decimal_text(exact)
    return grouped(text)


@register.filter
def percent(value: object, places: int = 0) -> str:
    """Write a share of 1 as a percentage."""
    if not isinstance(value, int | float | Decimal):
        return "—"
    return num(Decimal(str(value)) * 100, places) + "\u202f%"


@register.filter
def day(value: date | datetime | str | None) -> str:
    """Write a day as 15 Jan 2027; text in ISO form is read first; an em dash for none."""
    if isinstance(value, str) and value:
        value = date.fromisoformat(value[:10])
    if not value:
        return "—"
    if isinstance(value, datetime):
        value = timezone.localtime(value).date()
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), day_text(value))


@register.filter
def moment(value: datetime | str | None) -> str:
    """Write a time in the person's zone as 15 Jan 2027, 14:05 CET; an em dash for none."""
    if isinstance(value, str) and value:
        value = datetime.fromisoformat(value)
    if not value or isinstance(value, str):
        return "—"
    local = timezone.localtime(value)
    return format_html('<time datetime="{}">{}</time>', value.isoformat(), moment_text(local))


@register.filter
def due(value: date | datetime | None) -> str:
    """Say how far off a day is: overdue by 3 days, due today, due in 2 weeks; an em dash for none."""
    if value is None:
        return "—"
    last = timezone.localtime(value).date() if isinstance(value, datetime) else value
    return format_html(
        '<time datetime="{}">{}</time>', value.isoformat(), _distance((last - timezone.localdate()).days)
    )


def _distance(days: int) -> str:
    if days == 0:
        return "due today"
    if days == 1:
        return "due tomorrow"
    span = abs(days)
    if span < 14:
        words = f"{span} day" + "s" * (span != 1)
    elif span < 60:
        words = f"{span // 7} weeks"
    else:
        words = f"{span // 30} months"
    return f"overdue by {words}" if days < 0 else f"due in {words}"


@register.filter
def short(digest: str) -> str:
    """Shorten a digest to what eyes compare: its first twelve digits."""
    return digest[:12]


@register.filter
def attribute(value: object, name: str) -> object:
    """Return value[name] or value.name, for keys a template cannot spell."""
    if isinstance(value, dict):
        return value.get(name)
    return getattr(value, name, None)
