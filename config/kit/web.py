"""HTTP for every app: pages and their fragments, refusals as answers, lists, CSV, problem details."""

import csv
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from django.core.paginator import Page, Paginator
from django.db import DataError, models
from django.http import HttpRequest, HttpResponse, JsonResponse, StreamingHttpResponse
from django.shortcuts import render
from django.utils.http import url_has_allowed_host_and_scheme

from config.kit.refusals import BadInput, MoveRefused, Reason, StaleWrite

FRAGMENT = "components/_fragment.html"
# Words that somebody wrote, not a choice, a number or a token of ours; and fields that are never shown again.
WORDS = re.compile(r"\S\s+\S")
SECRET = re.compile("password|code|token|credential", re.IGNORECASE)
MOST_TYPED = 100
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")


def wants_fragment(request: HttpRequest) -> bool:
    """Say whether htmx asked for a piece of a page; a boosted or restored page is a whole one."""
    htmx = getattr(request, "htmx", None)
    return bool(htmx) and not htmx.boosted and not htmx.history_restore_request  # type: ignore[union-attr]


def wants_json(request: HttpRequest) -> bool:
    """Say whether an answer to this request is read by a program."""
    return request.path_info.startswith("/api/")


def page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    status: int = 200,
    *,
    fragment: str = "",
) -> HttpResponse:
    """Render a page; for htmx only `fragment`, or, where none is named, the page's `main` block."""
    values = dict(context or {})
    if wants_fragment(request):
        values["layout"] = FRAGMENT
        template = fragment or template
    response = render(request, template, values, status=status)
    response.headers["Vary"] = ", ".join(filter(None, [response.headers.get("Vary", ""), "HX-Request"]))
    return response


def problem(
    status: int, title: str, detail: str = "", errors: Sequence[Mapping[str, Any]] | Mapping[str, Any] | None = None
) -> JsonResponse:
    """Answer a program with RFC 9457 problem details; `errors` is an extension member."""
    body: dict[str, Any] = {"type": "about:blank", "title": title, "status": status}
    if detail:
        body["detail"] = detail
    if errors:
        body["errors"] = errors
    return JsonResponse(body, status=status, content_type="application/problem+json")


class RefusalMiddleware:
    """Turn refusals raised by any view into answers: 409 with every reason, 422 with every sentence."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Refuse an address with a NUL, else answer."""
        # A NUL never reaches the database: PostgreSQL refuses it with an exception, SQLite stores it.
        if "%00" in request.META.get("QUERY_STRING", "") or "\x00" in request.path_info:
            return bad_input(request, BadInput({"": ["The address contains a character that cannot be stored."]}))
        response = self.get_response(request)
        empty = response.status_code == HTTPStatus.METHOD_NOT_ALLOWED and not response.content
        return _wrong_method(request, response) if empty and not wants_json(request) else response

    def process_exception(self, request: HttpRequest, exception: Exception) -> HttpResponse | None:
        """Answer the refusals; everything else goes Django's way."""
        if isinstance(exception, MoveRefused):
            return refused(request, exception)
        if isinstance(exception, BadInput):
            return bad_input(request, exception)
        if isinstance(exception, UnicodeEncodeError):
            # A lone surrogate, legal in JSON's \u escapes, has no UTF-8 form and fails where it is first written.
            return bad_input(request, BadInput({"": ["The text contains half a character (a lone surrogate)."]}))
        if isinstance(exception, ValueError | DataError) and "NUL" in str(exception):
            return bad_input(request, BadInput({"": ["The text contains a NUL character."]}))
        return None


def _wrong_method(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """Say in a page what Django says with an empty one, as to somebody who reloads the address of a form."""
    answer = page(request, "405.html", {}, 405)
    answer.headers["Allow"] = response.headers["Allow"]
    return answer


def refused(request: HttpRequest, refusal: MoveRefused) -> HttpResponse:
    """Answer 409 with every reason and the place to mend it."""
    stale = isinstance(refusal, StaleWrite)
    title = "Somebody else saved in between" if stale else "Not yet possible"
    if wants_json(request):
        return problem(409, title, str(refusal), [_as_error(reason) for reason in refusal.reasons])
    context = {"reasons": refusal.reasons, "heading": title, "stale": stale, "typed": typed(request)}
    return page(request, "409.html", context, 409, fragment="components/_refusal.html")


def bad_input(request: HttpRequest, refusal: BadInput) -> HttpResponse:
    """Answer 422 with every sentence."""
    if wants_json(request):
        errors = [
            {"field": field, "detail": sentence}
            for field, sentences in refusal.errors.items()
            for sentence in sentences
        ]
        return problem(422, "The input is not usable", str(refusal), errors)
    reasons = [Reason(sentence) for sentences in refusal.errors.values() for sentence in sentences]
    context = {"reasons": reasons, "heading": "There is a problem with what was sent", "typed": typed(request)}
    return page(request, "422.html", context, 422, fragment="components/_refusal.html")


def typed(request: HttpRequest) -> list[tuple[str, str]]:
    """Return the words of a refused form by field, so that nobody has to write them again; never a secret."""
    return [
        (name.rpartition("-")[2].replace("_", " ").capitalize(), text)
        for name, values in request.POST.lists()
        for text in values
        if WORDS.search(text) and not SECRET.search(name)
    ][:MOST_TYPED]


def _as_error(reason: Reason) -> dict[str, str]:
    return {"detail": reason.sentence} | ({"pointer": reason.url} if reason.url else {})


@dataclass(frozen=True)
class Listing:
    """One page of a list, and the query string (without `page`) that leads to its neighbours."""

    page: Page[Any]
    query: str

    def __iter__(self) -> Iterator[Any]:
        return iter(self.page.object_list)

    def __len__(self) -> int:
        return len(self.page.object_list)

    @property
    def count(self) -> int:
        """Return the number of rows on all pages."""
        return int(self.page.paginator.count)


def paginate(request: HttpRequest, rows: models.QuerySet[Any] | Sequence[Any], per_page: int = 50) -> Listing:
    """Cut rows to the page asked for; a nonsense number is the first page, one too high the last."""
    query = request.GET.copy()
    number = query.pop("page", ["1"])[-1]
    if not (number.isascii() and number.isdigit() and len(number) < 9) or int(number) == 0:
        number = "1"
    return Listing(Paginator(rows, per_page).get_page(number), query.urlencode())


class _Echo:
    """A file that hands back what is written to it, for streaming."""

    def write(self, value: str) -> str:
        return value


def csv_cell(value: object) -> object:
    """Return the cell so that no spreadsheet takes text for a formula; numbers stay numbers."""
    if isinstance(value, str) and value.startswith(FORMULA_STARTS):
        return "'" + value
    return "" if value is None else value


def unguarded(cell: str) -> str:
    """Return a cell of a file of ours as it was before `csv_cell` kept spreadsheets from calculating it."""
    return cell[1:] if cell.startswith("'") and cell[1:].startswith(FORMULA_STARTS) else cell


def csv_response(name: str, header: Sequence[str], rows: Iterable[Sequence[object]]) -> StreamingHttpResponse:
    """Stream rows as a CSV download called `name`."""
    writer = csv.writer(_Echo())
    lines = (writer.writerow([csv_cell(cell) for cell in row]) for row in _with_header(header, rows))
    return StreamingHttpResponse(
        lines,
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": f'attachment; filename="{name}"'},
    )


def _with_header(header: Sequence[str], rows: Iterable[Sequence[object]]) -> Iterator[Sequence[object]]:
    yield header
    yield from rows


def back_to(request: HttpRequest, otherwise: str) -> str:
    """Return the page of this site that a form names as the one it was on, without its fragment."""
    given = request.POST.get("back", "").partition("#")[0]
    return given if given.startswith("/") and url_has_allowed_host_and_scheme(given, None) else otherwise
