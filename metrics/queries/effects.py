"""What a value would do to the conditions that watch it, in words, as far as a person may see those."""

from collections.abc import Iterable

from approvals.models import User
from config.kit.days import day_text
from metrics import dependants
from metrics.dependants import Dependant
from metrics.models import Condition, Metric
from metrics.queries import stored as queries
from metrics.services import trying


def told(metric: Metric, effects: Iterable[trying.Effect], user: User) -> list[tuple[Dependant, str]]:
    """Return what each condition would do, with the decision that it watches for.

    How many conditions would change unseen is not told: with value after value it would betray their bounds.
    """
    named = {each.watcher: each for each in dependants.of(metric, user) if each.watcher}
    shown = [(effect, named[effect.condition.watcher]) for effect in effects if effect.condition.watcher in named]
    return [(each, in_words(metric, effect)) for effect, each in shown]


def in_words(metric: Metric, effect: trying.Effect) -> str:
    """Say what a value would do to one condition."""
    said = [f"fires in the period from {day_text(metric.local_day(at))}" for at in effect.begins[-2:]]
    said += [f"takes back what fired from {day_text(metric.local_day(at))}" for at in effect.vanishes[-2:]]
    state = {"ok": "holds", "breached": "is broken"}.get(effect.state, f"is {effect.state}")
    if not said and effect.state == Condition.State.BREACHED:
        said = ["the last breach goes on"]
    sentence = queries.Watch(effect.condition, []).sentence
    return f"{sentence}: {', '.join([*said, f'then it {state}'])}"
