"""Break conditions in plain sentences, for those who read a decision by the API."""

from typing import Any

from approvals.models import User
from decisions.domain.backtests import outcome
from decisions.domain.breaking import Named, conditions_of, key_of, metrics_of, mistakes, segment_words, words_of
from decisions.domain.dossier import Dossier
from metrics.models import Metric


def conditions_out(dossier: Dossier, user: User) -> list[dict[str, Any]]:
    """Return every finished condition in words, with the outcome of its replay: one query.

    Metrics that this person may not see go by their keys.
    """
    found = [(key_of(item, each), each) for item, each in conditions_of(dossier) if not mistakes(each)]
    named = _named({key for _, condition in found for key in metrics_of(condition)}, user) if found else {}
    return [
        {
            "key": key,
            "metric": condition.metric,
            "segment": segment_words(condition),
            "severity": condition.severity,
            "sentence": words_of(condition, *named.get(condition.metric, (condition.metric, "", "")), named),
            "replay": outcome(condition.backtest) if condition.backtest.as_of else None,
        }
        for key, condition in found
    ]


def _named(keys: set[str], user: User) -> dict[str, Named]:
    rows = Metric.objects.visible_to(user).filter(key__in=keys)
    return {key: (name, unit or "", cadence) for key, name, unit, cadence in rows.values_list(*_COLUMNS)}


_COLUMNS = ("key", "name", "definition__unit", "cadence")
