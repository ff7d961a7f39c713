"""A model out of the JSON of `rank --file`."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

from decisions.domain.scoring.findings import Ranking
from decisions.domain.scoring.model import Criterion, Model, ModelError, Option, Triple
from decisions.domain.scoring.ranking import WeightDraws, rank


@dataclass(frozen=True, kw_only=True)
class Request:
    """A model with the settings of its simulation."""

    model: Model
    weights: str = "fixed"
    draws: int = 10_000
    seed: int = 1

    def answer(self) -> Ranking:
        """Rank it. Raises ModelError."""
        return rank(self.model, weights=cast(WeightDraws, self.weights), draws=self.draws, seed=self.seed)


def request_from(text: str) -> Request:
    """Read the JSON of `rank --file`; raises ModelError with every sentence about its shape.

    A criterion may also carry `scale`, `worst`, `best`, `threshold`, `veto` and `curve` (corners [score, value]);
    with `uniform` weights and none stated, the criteria count the same in the ranking.
    """
    try:
        document = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise ModelError((f"The model is not readable as JSON: {_first_line(error)}.",)) from None
    sentences: list[str] = []
    request = _Reader(sentences).request(document)
    if sentences:
        raise ModelError(tuple(dict.fromkeys(sentences)))
    return request


def _first_line(error: BaseException) -> str:
    if isinstance(error, RecursionError):
        return "it is nested too deeply"
    return (str(error).splitlines() or ["it is malformed"])[0].rstrip(".")


class _Reader:
    """Collects a sentence for each thing of the wrong shape and reads on with a stand-in."""

    def __init__(self, sentences: list[str]) -> None:
        self.sentences = sentences

    def request(self, document: object) -> Request:
        if not isinstance(document, dict):
            self.sentences.append("The model must be a JSON object with “criteria” and “options”.")
            return Request(model=Model())
        scale = document.get("scale", "direct")
        if scale not in ("direct", "linear"):
            self.sentences.append("“scale” must be “direct” or “linear”.")
            scale = "direct"
        weights = document.get("weights", "fixed")
        listed = list(self._objects(document, "criteria"))
        unweighted = weights == "uniform" and all("weight" not in item for item in listed)
        criteria = tuple(self._criterion({"weight": 1, **item} if unweighted else item, scale) for item in listed)
        options = tuple(self._option(item) for item in self._objects(document, "options"))
        return Request(
            model=Model(criteria=criteria, options=options),
            weights=weights if isinstance(weights, str) else "",
            draws=self._whole(document, "draws", 10_000),
            seed=self._whole(document, "seed", 1),
        )

    def _objects(self, document: dict[str, Any], key: str) -> Iterator[dict[str, Any]]:
        items = document.get(key)
        if not isinstance(items, list):
            self.sentences.append(f"“{key}” must be a list of objects.")
            return
        for position, item in enumerate(items, start=1):
            if isinstance(item, dict):
                yield item
            else:
                self.sentences.append(f"Entry {position} of “{key}” must be an object.")

    def _criterion(self, item: dict[str, Any], scale: str) -> Criterion:
        name = self._name(item, "criterion")
        where = f"Criterion “{name}”"
        if "weight" not in item:
            self.sentences.append(f"{where}: the weight is missing.")
        return Criterion(
            id=name,
            weight=self._number(item.get("weight", 1), f"{where}: the weight") or 0.0,
            direction=str(item.get("direction", "max")),
            scale=str(item.get("scale", scale)),
            worst=self._optional(item, "worst", where),
            best=self._optional(item, "best", where),
            threshold=self._optional(item, "threshold", where),
            veto=self._flag(item, "veto", where),
            curve=self._curve(item.get("curve", []), where),
        )

    def _curve(self, corners: object, where: str) -> tuple[tuple[float, float], ...]:
        if not isinstance(corners, list) or any(not isinstance(c, list) or len(c) != 2 for c in corners):
            self.sentences.append(f"{where}: “curve” must be a list of [score, value] pairs.")
            return ()
        words = f"{where}: each corner of the curve"
        return tuple((self._number(x, words) or 0.0, self._number(y, words) or 0.0) for x, y in corners)

    def _option(self, item: dict[str, Any]) -> Option:
        name = self._name(item, "option")
        where = f"Option “{name}”"
        scores = item.get("scores")
        if not isinstance(scores, dict):
            self.sentences.append(f"{where}: “scores” must be an object from criterion to score.")
            scores = {}
        read = {str(c): self._triple(score, f"{where}, criterion “{c}”") for c, score in scores.items()}
        cost = item.get("cost")
        triple = None if cost is None else self._triple(cost, f"{where}, cost")
        return Option(id=name, scores={c: t for c, t in read.items() if t}, cost=triple.likely if triple else None)

    def _triple(self, value: object, where: str) -> Triple | None:
        if value is None:
            return None
        if not isinstance(value, list):
            number = self._number(value, f"{where}: it")
            return None if number is None else Triple.exactly(number)
        if len(value) != 3:
            self.sentences.append(f"{where}: give one number, or three for low, likely and high.")
            return None
        numbers = [self._number(part, f"{where}: each of low, likely and high") for part in value]
        low, likely, high = (0.0 if number is None else number for number in numbers)
        return None if None in numbers else Triple(low, likely, high)

    def _name(self, item: dict[str, Any], noun: str) -> str:
        name = item.get("name")
        if not isinstance(name, str) or not name.strip():
            self.sentences.append(f"Give every {noun} a name.")
            return "?"
        return name

    def _number(self, value: object, what: str) -> float | None:
        if isinstance(value, bool) or not isinstance(value, int | float):
            self.sentences.append(f"{what} must be a number.")
            return None
        try:
            return float(value)
        except OverflowError:
            return float("inf")  # refused, with its sentence, by the checks of the model

    def _optional(self, item: dict[str, Any], key: str, where: str) -> float | None:
        value = item.get(key)
        return None if value is None else self._number(value, f"{where}: “{key}”")

    def _flag(self, item: dict[str, Any], key: str, where: str) -> bool:
        value = item.get(key, False)
        if not isinstance(value, bool):
            self.sentences.append(f"{where}: “{key}” must be true or false.")
            return False
        return value

    def _whole(self, document: dict[str, Any], key: str, default: int) -> int:
        value = document.get(key, default)
        if isinstance(value, bool) or not isinstance(value, int):
            self.sentences.append(f"“{key}” must be a whole number.")
            return default
        return value
