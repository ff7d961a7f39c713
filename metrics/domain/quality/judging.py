"""From findings to a verdict, from verdicts to the score, and from a failing check to its incident."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from metrics.domain.quality.catalogue import Kind, Setting, Severity
from metrics.domain.quality.material import Finding, Material

TOLD = 3
"""Findings named in a sentence."""
WEIGHTS = {Severity.LOW: 1, Severity.MEDIUM: 2, Severity.HIGH: 4}
OWNER_AFTER = {
    Severity.LOW: timedelta(hours=168),
    Severity.MEDIUM: timedelta(hours=72),
    Severity.HIGH: timedelta(hours=24),
}
"""How long an incident may stay unacknowledged before the metric's owner hears of it."""
REOPENS_WITHIN = timedelta(days=30)


class Verdict(StrEnum):
    """What a check says; `unknown` is not enough to say, and never a pass."""

    PASS = "pass"  # noqa: S105 a verdict, no password
    FAIL = "fail"
    UNKNOWN = "unknown"


@dataclass(frozen=True, kw_only=True)
class Outcome:
    """A verdict in words, with the findings that stand; `accepted` counts those that somebody accepted earlier.

    `moot`: nothing is set any more that the check could go by.
    """

    verdict: Verdict
    sentence: str
    findings: tuple[Finding, ...] = ()
    accepted: int = 0
    moot: bool = False


def outcome_of(setting: Setting, material: Material, accepted: Collection[str] = ()) -> Outcome:
    """Run one check; findings whose keys were accepted no longer count."""
    kind = setting.kind
    looked = kind.find(material, setting.parameters)
    if looked.nothing:
        return Outcome(verdict=Verdict.UNKNOWN, sentence=looked.nothing, moot=looked.moot)
    standing = tuple(each for each in looked.findings if each.key not in accepted)
    left_out = len(looked.findings) - len(standing)
    if len(standing) > looked.allowed:
        return Outcome(
            verdict=Verdict.FAIL,
            sentence=_failing(kind, standing, looked.count),
            findings=standing,
            accepted=left_out,
        )
    words = [_passing(kind, len(standing), looked.count)]
    if left_out:
        words.append(f"{left_out} finding{'s were' if left_out > 1 else ' was'} accepted with a reason.")
    return Outcome(verdict=Verdict.PASS, sentence=" ".join(words), accepted=left_out)


def _failing(kind: Kind, findings: tuple[Finding, ...], count: int) -> str:
    told = "; ".join(each.sentence for each in findings[:TOLD])
    more = f"; and {len(findings) - TOLD} more" if len(findings) > TOLD else ""
    return f"{_share(kind, len(findings), count)}: {told}{more}."


def _passing(kind: Kind, tolerated: int, count: int) -> str:
    if tolerated:
        return f"{_share(kind, tolerated, count)}, which is allowed."
    return f"{count} of {count} {kind.things} {kind.well}."


def _share(kind: Kind, number: int, count: int) -> str:
    return f"{number} of {count} {kind.things} {kind.wrong[number != 1]}"


@dataclass(frozen=True, kw_only=True)
class ScoreLine:
    """What one check adds to the score: its weight, and whether it passes in every segment (None: nobody can say)."""

    check: str
    title: str
    severity: Severity
    weight: int
    verdict: Verdict


def score_lines(outcomes: Iterable[tuple[Setting, Verdict]]) -> list[ScoreLine]:
    """Return a line for each check: over all segments the worst verdict counts."""
    worst: dict[str, tuple[Setting, Verdict]] = {}
    order = (Verdict.UNKNOWN, Verdict.PASS, Verdict.FAIL)
    for setting, verdict in outcomes:
        known = worst.get(setting.kind.key)
        if known is None or order.index(verdict) > order.index(known[1]):
            worst[setting.kind.key] = setting, verdict
    return [
        ScoreLine(
            check=key,
            title=setting.kind.title,
            severity=setting.severity,
            weight=WEIGHTS[setting.severity],
            verdict=verdict,
        )
        for key, (setting, verdict) in worst.items()
    ]


def score(lines: Iterable[ScoreLine]) -> int | None:
    """Return the weight of the checks that pass, in 100 of the weight of those that could be judged; None for none."""
    judged = [line for line in lines if line.verdict != Verdict.UNKNOWN]
    weight = sum(line.weight for line in judged)
    passing = sum(line.weight for line in judged if line.verdict == Verdict.PASS)
    # Rounded down, so that only a metric without a failing check has 100.
    return 100 * passing // weight if weight else None


class Step(StrEnum):
    """What a run does to the incident of one check."""

    NOTHING = "nothing"
    OPEN = "open"
    ATTACH = "attach"
    CLOSE = "close"
    REOPEN = "reopen"


def step(verdict: Verdict, *, is_open: bool, closed_at: datetime | None, now: datetime, moot: bool = False) -> Step:
    """Say what becomes of the incident.

    `closed_at`: when the last one closed by itself. Not enough to say changes nothing: it is no recovery either. But
    what is moot ends.
    """
    if verdict == Verdict.UNKNOWN:
        return Step.CLOSE if moot and is_open else Step.NOTHING
    if verdict == Verdict.PASS:
        return Step.CLOSE if is_open else Step.NOTHING
    if is_open:
        return Step.ATTACH
    again = closed_at is not None and now - closed_at <= REOPENS_WITHIN
    return Step.REOPEN if again else Step.OPEN
