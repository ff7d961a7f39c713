"""How a metric ends: announced on one day, taking no values from another on, with something in its place. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

MOST_YEARS = 5
LONGEST = timedelta(days=366 * MOST_YEARS)


class Standing(StrEnum):
    """Where a metric stands; a retired one stays so."""

    DRAFT = "draft"
    IN_REVIEW = "in_review"
    APPROVED = "approved"
    DEPRECATED = "deprecated"
    RETIRED = "retired"


class Step(StrEnum):
    """What happens to a metric as a whole."""

    ANNOUNCE = "announce"
    RETIRE = "retire"
    KEEP = "keep"
    DISCARD = "discard"


STEPS: dict[tuple[Standing, Step], Standing] = {
    (Standing.APPROVED, Step.ANNOUNCE): Standing.DEPRECATED,
    (Standing.DEPRECATED, Step.ANNOUNCE): Standing.DEPRECATED,
    (Standing.DEPRECATED, Step.RETIRE): Standing.RETIRED,
    (Standing.DEPRECATED, Step.KEEP): Standing.APPROVED,
    (Standing.DRAFT, Step.DISCARD): Standing.RETIRED,
}

# As the small graph names them: what leads from state to state, the definition's own way among it.
DRAWN = (
    ("draft", "submit", "in review"),
    ("in review", "return", "draft"),
    ("draft", "discard", "retired"),
    ("in review", "approve", "approved"),
    ("approved", "change definition", "approved"),
    ("approved", "announce its end", "deprecated"),
    ("deprecated", "keep after all", "approved"),
    ("deprecated", "removal date", "retired"),
)


def after(state: str, step: Step) -> Standing:
    """Return the state that a step leads to; ValueError with a sentence when it leads nowhere from here."""
    following = STEPS.get((Standing(state), step))
    if following is None:
        raise ValueError(f"A metric that is {state.replace('_', ' ')} cannot take the step “{step}”.")
    return following


@dataclass(frozen=True, kw_only=True)
class Successor:
    """What is known of the metric that is to take over."""

    key: str
    state: str
    ends: bool = False  # a plan to end it is approved already
    rests_on_it: bool = False  # it is calculated from the metric that is to end
    hidden: bool = False  # it is confidential, and the metric that is to end is not


@dataclass(frozen=True, kw_only=True)
class Plan:
    """When a metric is to be announced as ending, when it takes no values any more, and why."""

    key: str
    announce_on: date
    remove_on: date
    reason: str
    successor: Successor | None = None


def plan_errors(
    plan: Plan, *, today: date, announced: date | None, successors: Mapping[str, str]
) -> Iterator[tuple[str, str]]:
    """Yield what is wrong with a plan, as field and sentence.

    `announced`: the day of an announcement that was made already, which a new plan may keep. `successors`: of every
    other metric whose end is planned, announced or proposed, the key of what takes its place.
    """
    if not plan.reason.strip():
        yield "reason", "Give the reason for ending the metric."
    if plan.announce_on < today and plan.announce_on != announced:
        yield "announce_on", "That day is over; announce it today or later."
    if plan.remove_on < plan.announce_on:
        yield "remove_on", "The removal date lies before the announcement; people need time to move over."
    elif plan.remove_on < today:
        yield "remove_on", "That day is over; choose today or a later one."
    elif plan.remove_on - today > LONGEST:
        yield "remove_on", f"Choose a day within {MOST_YEARS} years."
    if plan.successor is not None:
        yield from (("successor", sentence) for sentence in _unfit(plan, plan.successor, successors))


def _unfit(plan: Plan, successor: Successor, successors: Mapping[str, str]) -> Iterator[str]:
    """Yield why a metric cannot take over."""
    if successor.key == plan.key:
        yield "A metric cannot be its own successor."
        return
    if successor.state in {Standing.DEPRECATED, Standing.RETIRED}:
        yield f"{successor.key} is {successor.state} itself; name a metric that stays."
    elif successor.state != Standing.APPROVED:
        yield f"{successor.key} has no approved definition yet; have it approved first."
    elif path := circle(plan.key, successor.key, successors):
        yield f"The successors go round in a circle: {' → '.join(path)}."
    elif successor.ends:
        yield f"{successor.key} is to end as well; name a metric that stays."
    if successor.hidden:
        yield f"{successor.key} is confidential, and this metric is not: people could not move over to it."
    if successor.rests_on_it:
        yield f"{successor.key} is calculated from this metric, and would end with it."


def circle(key: str, successor: str, successors: Mapping[str, str]) -> list[str]:
    """Return the way from a metric over its successor back to itself; empty when there is none."""
    path = [key]
    while successor and successor not in path:
        path.append(successor)
        successor = successors.get(successor, "")
    return [*path, key] if successor == key else []


def due(state: str, *, announce_on: date, remove_on: date, today: date) -> list[Step]:
    """Return the steps of an approved plan that are due today: both, where nobody looked for long."""
    steps = []
    if state == "planned" and announce_on <= today:
        steps.append(Step.ANNOUNCE)
    if (state == "announced" or steps) and remove_on <= today:
        steps.append(Step.RETIRE)
    return steps
