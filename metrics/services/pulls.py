"""What people do with pulls: set one up, change it, start, pause, have it run now, and try what it would bring.

Only what is stored can be tried, and whatever is stored is on the ledger: nobody probes a place unseen.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, fields
from typing import Any

from django.core.exceptions import PermissionDenied
from django.db import IntegrityError, transaction
from django.utils import timezone

from approvals.models import User
from approvals.services import ledger
from config.kit import wake
from config.kit.canonical import digest
from config.kit.locking import locked
from config.kit.refusals import BadInput, MoveRefused, StaleWrite
from metrics.access import may_pull
from metrics.domain.destinations import Destination, Forbidden, destination
from metrics.models import Metric, Pull, PullRun
from metrics.services import json_paths, sealing
from metrics.services.fetching import place_of
from metrics.services.reaching import installed
from metrics.services.sql_questions import plain

TOPIC = "pulls"
MOST_LOOK_BACK = 200
LONGEST_CREDENTIAL = 4000
SCHEMES = {"sql": {"postgresql", "sqlite"}, "json": {"https", "http"}, "prometheus": {"https", "http"}}
NOT_HEADERS = {"host", "connection", "content-length", "transfer-encoding", "accept-encoding", "upgrade", "te"}
INTERRUPTED = "It was changed or paused while it ran; nothing of that run was kept."
_HEADER = re.compile(r"[A-Za-z0-9-]{1,60}", re.ASCII)
_LABEL = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}", re.ASCII)


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What a person says of a pull, but for its name and its credential; see the model for what each means."""

    kind: str
    target: str
    statement: str = ""
    period_column: str = ""
    value_column: str = ""
    segment_column: str = ""
    sample_column: str = ""
    look_back: int = 8
    header_name: str = ""
    every: int = Pull.Every.HOUR


PLANNED = tuple(field.name for field in fields(Plan))


@transaction.atomic
def set_up(metric: Metric, *, name: str, plan: Plan, credential: str = "", by: User) -> Pull:
    """Keep a new pull of a metric's values; it does not run until it is started. BadInput names what cannot be."""
    _may(metric, by)
    wanted = _checked(plan, credential)
    if not name or Pull.objects.filter(metric=metric, name=name).exists():
        raise BadInput({"name": ["Another pull of this metric has this name." if name else "Give it a name."]})
    pull = Pull(metric=metric, name=name, **{field: getattr(plan, field) for field in PLANNED})
    try:
        with transaction.atomic():
            pull.save()
    except IntegrityError as error:
        raise BadInput({"name": ["Another pull of this metric has this name."]}) from error
    if credential:
        pull.sealed = sealing.seal(credential, place=place_of(pull, wanted))
        pull.save(update_fields=["sealed"])
    _tell(pull, "pull.set_up", by=by, fields=list(PLANNED), credential="kept" if credential else "none")
    return pull


@transaction.atomic
def change(
    pull: Pull, *, plan: Plan, credential: str = "", forget: bool = False, expected_version: int, by: User
) -> Pull:
    """Change where from or how a pull reads. A credential stays with the server that it was given for."""
    pull = _locked(pull, by)
    changed = [field for field in PLANNED if getattr(pull, field) != getattr(plan, field)]
    same = not changed and not credential and not (forget and pull.sealed)
    if pull.version != expected_version and not same:
        raise StaleWrite("Somebody else changed this pull after you opened it.")
    wanted = _checked(plan, credential)
    if same:
        return pull
    elsewhere = destination(pull.target).origin != wanted.origin
    if elsewhere and pull.sealed and not credential and not forget:
        words = "The address is another server: give its credential, or have the old one forgotten."
        raise BadInput({"credential": [words]})
    for field in changed:
        setattr(pull, field, getattr(plan, field))
    if credential or forget:
        pull.sealed = sealing.seal(credential, place=place_of(pull, wanted)) if credential else ""
    pull.version += 1
    _interrupt(pull)
    pull.save()
    kept = "given" if credential else "forgotten" if forget else "kept" if pull.sealed else "none"
    _tell(pull, "pull.changed", by=by, fields=changed, credential=kept)
    return pull


@transaction.atomic
def start(pull: Pull, *, by: User) -> Pull:
    """Have a pull run from now on; its failures up to now no longer count."""
    pull = _locked(pull, by)
    _refuse(pull, {Pull.State.ON: "It is running already."})
    if pull.metric.state == Metric.State.RETIRED:
        raise MoveRefused([f"{pull.metric.name} is retired and takes no more values."])
    pull.state, pull.next_run_at = Pull.State.ON, timezone.now()
    pull.failures, pull.failing_since = 0, None
    pull.save()
    _tell(pull, "pull.started", by=by)
    wake.publish(TOPIC)
    return pull


@transaction.atomic
def pause(pull: Pull, *, by: User) -> Pull:
    """Have a pull run no more until it is started again; what runs just now keeps nothing."""
    pull = _locked(pull, by)
    _refuse(pull, {Pull.State.OFF: "It is not running.", Pull.State.FAILED: "It was stopped already."})
    _interrupt(pull)
    pull.state, pull.next_run_at = Pull.State.OFF, None
    pull.save()
    _tell(pull, "pull.paused", by=by)
    return pull


@transaction.atomic
def run_now(pull: Pull, *, by: User) -> Pull:
    """Have a running pull made at once instead of at its next time."""
    pull = _locked(pull, by)
    stopped = "Start it first; it then runs at once."
    _refuse(pull, {Pull.State.OFF: stopped, Pull.State.FAILED: stopped})
    pull.next_run_at, pull.asked_by = timezone.now(), by
    pull.save(update_fields=["next_run_at", "asked_by"])
    wake.publish(TOPIC)
    return pull


def reseal() -> tuple[int, list[str]]:
    """Encrypt every credential anew with the newest key; returns how many, and those that no key decrypts."""
    count, unreadable = 0, []
    for pull in Pull.objects.exclude(sealed="").select_related("metric"):
        place = place_of(pull, destination(pull.target))
        try:
            anew = sealing.seal(sealing.unseal(pull.sealed, place=place), place=place)
        except sealing.Unreadable:
            unreadable.append(f"{pull.metric.key}: {pull.name}")
        else:
            # Only over what was read: somebody may give another one meanwhile.
            count += Pull.objects.filter(pk=pull.pk, sealed=pull.sealed).update(sealed=anew)
    return count, unreadable


def _may(metric: Metric, by: User) -> None:
    if not may_pull(by, metric):
        raise PermissionDenied("Stewards who manage the metric look after its pulls.")
    if metric.state == Metric.State.RETIRED:
        raise MoveRefused([f"{metric.name} is retired and takes no more values."])
    if metric.definition is not None and metric.definition.expression:
        raise MoveRefused([f"{metric.name} is calculated; set up pulls for its inputs."])


def _locked(pull: Pull, by: User) -> Pull:
    pull = locked(Pull.objects.select_related("metric").filter(pk=pull.pk)).get()
    if not may_pull(by, pull.metric):
        raise PermissionDenied("Stewards who manage the metric look after its pulls.")
    return pull


def _refuse(pull: Pull, sentences: dict[str, str]) -> None:
    if pull.state in sentences:
        raise MoveRefused([sentences[pull.state]])


def _interrupt(pull: Pull) -> None:
    """Take the pull out of the hands of whoever makes it just now: what they bring is of another plan."""
    pull.turns += 1
    pull.leased_until = None
    running = PullRun.objects.filter(pull=pull, outcome=PullRun.Outcome.RUNNING)
    running.update(outcome=PullRun.Outcome.FAILED, finished_at=timezone.now(), error=INTERRUPTED)


def _tell(pull: Pull, verb: str, *, by: User | None, **more: Any) -> None:
    """Enter an act: where from, and the digest of the plan; never the credential, nor anything made of it."""
    said = {field: getattr(pull, field) for field in PLANNED}
    payload = {"pull": pull.pk, "name": pull.name, "origin": destination(pull.target).origin, "digest": digest(said)}
    ledger.append(pull.metric.stream, verb, by=by, subject=pull.metric.key, payload=payload | more)


def _checked(plan: Plan, credential: str) -> Destination:
    """Return where a plan leads; BadInput with everything that is wrong with it, by field."""
    errors: dict[str, list[str]] = {}

    def look(field: str, reading: Callable[[], Any]) -> Any:
        try:
            return reading()
        except ValueError as error:
            errors.setdefault(field, []).append(str(error))
            return None

    wanted = look("target", lambda: _reachable(plan))
    for field, reading in _CHECKS.get(plan.kind, _unknown)(plan):
        look(field, reading)
    look("every", lambda: _among(plan.every in Pull.Every.values, "Choose how often."))
    look("credential", lambda: _check_credential(wanted, credential))
    if errors:
        raise BadInput(errors)
    found: Destination = wanted
    return found


def _reachable(plan: Plan) -> Destination:
    wanted = destination(plan.target)
    if wanted.scheme not in SCHEMES.get(plan.kind, ()):
        told = " or ".join(f"{scheme}:" for scheme in sorted(SCHEMES.get(plan.kind, ()), reverse=True))
        raise Forbidden(f"The address of such a source begins with {told}")
    if plan.kind == "prometheus" and "?" in wanted.path:
        raise Forbidden("Give the server's base address, without a query.")
    if wanted.scheme == "postgresql" and not wanted.user:
        raise Forbidden("Name the reading role, as in postgresql://role@host:5432/database.")
    installed().check(wanted)
    return wanted


def _check_credential(wanted: Destination | None, credential: str) -> None:
    if len(credential) > LONGEST_CREDENTIAL or not credential.isascii() or not (credential + "x").isprintable():
        raise ValueError(f"Use up to {LONGEST_CREDENTIAL:,} plain characters on one line.")
    if wanted is None or not credential:
        return
    if wanted.file:
        raise ValueError("A file needs no credential.")
    if wanted.scheme == "http" and wanted.host not in installed().private_hosts:
        raise ValueError("A credential goes over https only, except to hosts in PULL_PRIVATE_HOSTS.")


Checks = list[tuple[str, Callable[[], Any]]]


def _unknown(plan: Plan) -> Checks:
    return [("kind", lambda: _among(False, "Choose what kind of source it is."))]


def _of_sql(plan: Plan) -> Checks:
    return [
        ("statement", lambda: plain(plan.statement)),
        ("period_column", lambda: _among(plan.period_column, "Name the column of the period.")),
        ("value_column", lambda: _among(plan.value_column, "Name the column of the value.")),
    ]


def _of_json(plan: Plan) -> Checks:
    cells = ("period_column", "value_column", "segment_column", "sample_column")
    dated = plan.period_column or not plan.statement
    return [
        ("statement", lambda: json_paths.compiled(plan.statement) if plan.statement else None),
        ("value_column", lambda: _among(plan.value_column, "Say where the value is.")),
        ("period_column", lambda: _among(dated, "Say where in a row the period is.")),
        *((field, _cell(getattr(plan, field))) for field in cells),
        ("header_name", lambda: _check_header(plan.header_name)),
    ]


def _of_prometheus(plan: Plan) -> Checks:
    label, back = plan.segment_column, plan.look_back
    return [
        ("statement", lambda: _among(plan.statement, "Write the expression.")),
        ("segment_column", lambda: _among(not label or _LABEL.fullmatch(label), "This is not the name of a label.")),
        ("look_back", lambda: _among(1 <= back <= MOST_LOOK_BACK, f"Look back 1 to {MOST_LOOK_BACK} periods.")),
        ("header_name", lambda: _check_header(plan.header_name)),
    ]


_CHECKS: dict[str, Callable[[Plan], Checks]] = {"sql": _of_sql, "json": _of_json, "prometheus": _of_prometheus}


def _cell(path: str) -> Callable[[], None]:
    return lambda: json_paths.check_cell(path)


def _check_header(name: str) -> None:
    _among(not name or _HEADER.fullmatch(name), "This is not the name of a header.")
    _among(name.lower() not in NOT_HEADERS, "This header is Premise's own.")


def _among(holds: Any, sentence: str) -> None:
    if not holds:
        raise ValueError(sentence)
