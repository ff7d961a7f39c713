"""The code's own rules: who may import whom, how long things get, what a template may not contain."""

import ast
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from django.template import TemplateDoesNotExist, TemplateSyntaxError, engines

BASE = Path(__file__).resolve().parent.parent
PACKAGES = ("config", "approvals", "metrics", "decisions")
# What each may import of the others.
BELOW = {
    "config": {"config"},
    "approvals": {"config", "approvals"},
    "metrics": {"config", "approvals", "metrics"},
    "decisions": set(PACKAGES),
}
# Composition roots: they tie the apps together.
ROOTS = {"config/settings.py", "config/urls.py", "config/api.py", "config/celery.py"}
LONGEST_FILE, LONGEST_TEST_FILE, LONGEST_FUNCTION = 400, 600, 50
SEEN_BY_APPS = ("config.kit", "config.templatetags", "config.health")
CLOCKS = {"now", "today", "utcnow", "time", "monotonic"}

SOURCES = sorted(
    path for package in PACKAGES for path in (BASE / package).rglob("*.py") if "migrations" not in path.parts
)
TESTS = sorted((BASE / "tests").rglob("*.py"))
TEMPLATES = sorted((BASE / "templates").rglob("*.html"))


def name(path: Path) -> str:
    return str(path.relative_to(BASE))


def each(paths: Iterable[Path]) -> Callable[[Callable[[Path], Iterable[object]]], Callable[[], None]]:
    """Make one test of a rule for many files; the rule yields what is wrong with one. (A test a file takes 27 s.)"""
    found = list(paths)

    def decorate(rule: Callable[[Path], Iterable[object]]) -> Callable[[], None]:
        def test() -> None:
            assert found
            wrong = [f"{name(path)}: {what}" for path in found for what in rule(path)]
            assert not wrong, "\n".join(wrong)

        test.__name__, test.__doc__ = rule.__name__, rule.__doc__
        return test

    return decorate


def functions(path: Path) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
    """Yield every function in a file."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node


def imports(path: Path) -> Iterator[str]:
    """Yield the full names of what a file imports."""
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{name(path)}: write the import in full"
            yield node.module or ""


@each(SOURCES)
def test_imports_run_downwards(path: Path) -> Iterator[str]:
    package = path.relative_to(BASE).parts[0]
    for module in imports(path):
        above = module.split(".")[0]
        if above not in PACKAGES or name(path) in ROOTS:
            continue
        # Of config an app sees the kit, its template filters, and what it registers with.
        beside = above == "config" != package and not module.startswith(SEEN_BY_APPS)
        if above not in BELOW[package] or beside:
            yield module


DOMAIN = [path for path in SOURCES if "domain" in path.parts]


@each(DOMAIN)
def test_the_domain_knows_numbers_and_nothing_else(path: Path) -> Iterator[str]:
    allowed = {"numpy", *sys.stdlib_module_names}
    below = tuple(f"{app}.domain" for app in BELOW[path.relative_to(BASE).parts[0]])
    for module in imports(path):
        if module.split(".")[0] not in allowed and not module.startswith((*below, "config.kit.canonical")):
            yield module


@each(DOMAIN)
def test_the_domain_has_no_clock(path: Path) -> Iterator[str]:
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr in CLOCKS:
            owner = node.func.value
            if isinstance(owner, ast.Name) and owner.id in {"datetime", "date", "time"}:
                yield f"line {node.lineno}"


@each(SOURCES)
def test_imports_stand_at_the_top(path: Path) -> Iterator[str]:
    for function in functions(path):
        if function.name != "ready":
            for node in ast.walk(function):
                if isinstance(node, ast.Import | ast.ImportFrom):
                    yield f"line {node.lineno}"


@each(SOURCES)
def test_a_file_is_a_room_one_can_live_in(path: Path) -> Iterator[str]:
    if (lines := len(path.read_text().splitlines())) > LONGEST_FILE:
        yield f"{lines} lines"


@each(TESTS)
def test_tests_are_split_too(path: Path) -> Iterator[str]:
    # Longer than code may be: they hold tables of cases.
    if (lines := len(path.read_text().splitlines())) > LONGEST_TEST_FILE:
        yield f"{lines} lines"


@each(path for path in SOURCES if "demo" not in path.parts)
def test_a_function_fits_on_a_screen(path: Path) -> Iterator[str]:
    for function in functions(path):
        lines = (function.end_lineno or 0) - function.lineno + 1
        if lines > LONGEST_FUNCTION:
            yield f"{function.name}: {lines} lines"


@each(SOURCES)
def test_names_say_something(path: Path) -> Iterator[str]:
    if re.search(r"util|helper|manager|misc", path.stem):
        yield path.stem


@each([*SOURCES, *TESTS])
def test_nothing_is_put_off(path: Path) -> Iterator[str]:
    if path != Path(__file__):
        yield from re.findall(
            r"\b(?:TODO|FIXME|XXX)\b|pytest\.(?:mark\.)?(?:skip|xfail)|unittest\.skip", path.read_text()
        )


@each(SOURCES)
def test_a_row_lock_leaves_room_for_foreign_keys(path: Path) -> Iterator[str]:
    # PostgreSQL checks foreign keys at commit, under the ledger's lock: a plain FOR UPDATE on the row that they point
    # to, by somebody who waits for the ledger, is a deadlock. NO KEY UPDATE is not in their way.
    for number, line in enumerate(path.read_text().splitlines(), 1):
        unreferenced = "LedgerHead" in line or "ReferenceCounter" in line or "skip_locked" in line
        if "select_for_update(" in line and "no_key=True" not in line and not unreferenced:
            yield f"line {number}"


@each(SOURCES)
def test_rows_are_locked_before_what_is_joined_to_them_is_read(path: Path) -> Iterator[str]:
    # Beside a row that was waited for, a join puts what stood there before (config/kit/locking.py).
    if path.name == "locking.py":
        return
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Assign | ast.Return | ast.Expr):
            called = {each.attr for each in ast.walk(node) if isinstance(each, ast.Attribute)}
            if {"select_for_update", "select_related"} <= called:
                yield f"line {node.lineno}"


@each(SOURCES)
def test_safe_markup_has_its_reason(path: Path) -> Iterator[str]:
    lines = path.read_text().splitlines()
    for number, line in enumerate(lines, 1):
        if re.search(r"\bmark_safe\(", line) and "#" not in line and "#" not in lines[number - 2]:
            yield f"line {number}"


@each(TEMPLATES)
def test_a_template_compiles(path: Path) -> Iterator[str]:
    try:
        engines["django"].get_template(str(path.relative_to(BASE / "templates")))
    except (TemplateSyntaxError, TemplateDoesNotExist) as error:
        yield str(error)


@each(TEMPLATES)
def test_a_template_obeys_the_content_security_policy(path: Path) -> Iterator[str]:
    text = re.sub(r"{#.*?#}|{% comment %}.*?{% endcomment %}", "", path.read_text(), flags=re.DOTALL)
    yield from re.findall(r"\son[a-z]+\s*=\s*[\"']|javascript:|hx-on|(?:src|href)\s*=\s*[\"']https?://", text)
    yield from re.findall(r"<script\b(?![^>]*\bsrc=)(?![^>]*type=\"application/json\")", text)
    # Print templates go to the PDF, which has its own style sheet and no policy.
    if "record" not in path.parts:
        yield from re.findall(r"<style\b|\sstyle\s*=", text)
