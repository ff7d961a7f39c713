"""Bad models: every reason at once, each a sentence, never a traceback."""

import io
import json
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command

from decisions.domain import dossier as d
from decisions.domain.scoring import Model, ModelError, complaints, model_from, rank, request_from

GOOD = {
    "criteria": [
        {"name": "impact", "weight": 2, "direction": "max"},
        {"name": "risk", "weight": 1, "direction": "min"},
    ],
    "options": [
        {"name": "A", "scores": {"impact": 80, "risk": 30}, "cost": 35000},
        {"name": "B", "scores": {"impact": [40, 55, 70], "risk": 60}},
    ],
}


def changed(path: str, value: object) -> str:
    """Return the good model as JSON with one place (dotted) replaced."""
    document = json.loads(json.dumps(GOOD))
    *parents, last = [int(step) if step.isdigit() else step for step in path.split(".")]
    place = document
    for step in parents:
        place = place[step]
    place[last] = value
    return json.dumps(document)


CASES = [
    (changed("criteria.0.weight", -2), "must not be negative"),
    (changed("criteria.0.weight", "2"), "the weight must be a number"),
    (changed("criteria.0.weight", True), "the weight must be a number"),
    (changed("criteria.0.weight", float("nan")), "finite"),
    (changed("criteria.0.weight", 0).replace('"weight": 1', '"weight": 0'), "all weights are 0"),
    (changed("criteria.0", {"name": "impact"}), "weight is missing"),
    (changed("criteria.0.name", ""), "Give every criterion a name"),
    (changed("criteria.0.name", "risk"), "given more than once"),
    (changed("criteria.0.direction", "up"), "direction must be"),
    (changed("criteria.0.scale", "log"), "scale must be"),
    (changed("criteria.0.veto", True), "needs a threshold"),
    (changed("criteria.0.veto", "yes"), "true or false"),
    (changed("criteria.0", {"name": "impact", "weight": 1, "threshold": 99, "veto": True}), "exclude every option"),
    (
        changed("criteria.0", {"name": "impact", "weight": 1, "scale": "linear", "worst": 9, "best": 1}),
        "swap them or the direction",
    ),
    (changed("criteria.0", {"name": "impact", "weight": 1, "scale": "linear", "worst": 9}), "both worst and best"),
    (changed("criteria.0", {"name": "impact", "weight": 1, "scale": "linear", "worst": 9, "best": 9}), "must differ"),
    (changed("criteria.0.curve", [[0, 0], [1, 50], [2, 20]]), "rise or fall throughout"),
    (changed("criteria.0.curve", [[0, 0], [0, 50]]), "at least two corners"),
    (changed("criteria.0.curve", [[0, 0, 1]]), "pairs"),
    (changed("criteria", []), "at least one criterion"),
    (changed("criteria", {}), "must be a list"),
    (changed("criteria.0", 5), "must be an object"),
    (changed("options", GOOD["options"][:1]), "at least two options to rank; there is one"),
    (changed("options", []), "there are none"),
    (changed("options.0.name", "B"), "given more than once"),
    (changed("options.0.scores", {"impact": 80}), "“risk”: the score is missing"),
    (changed("options.0.scores", []), "must be an object"),
    (changed("options.0.scores.speed", 3), "not one of the criteria"),
    (changed("options.0.scores.impact", [70, 55, 40]), "low, likely and high must rise"),
    (changed("options.0.scores.impact", [1, 2]), "three for low, likely and high"),
    (changed("options.0.scores.impact", "high"), "must be a number"),
    (changed("options.0.scores.impact", 101), "between 0 and 100"),
    (changed("options.0.scores.impact", float("inf")), "finite"),
    (changed("options.0.scores.impact", 1).replace('"impact": 1', '"impact": 1e400'), "finite"),
    (changed("options.0.scores.impact", 10**400), "finite"),
    (changed("options.0.cost", float("nan")), "cost must be a finite"),
    (changed("scale", "log"), "“scale”"),
    (changed("weights", "wild"), "weights of the simulation"),
    (changed("weights", 3), "weights of the simulation"),
    (changed("draws", 0), "draws"),
    (changed("draws", 1.5), "“draws” must be a whole number"),
    (changed("seed", "x"), "“seed”"),
    ("[]", "must be a JSON object"),
    ("{", "not readable as JSON"),
    ("[" * 100_000, "not readable as JSON"),
    ('{"criteria": [{"name": "a", "weight": ' + "9" * 5000 + "}]}", "not readable as JSON"),
]


@pytest.mark.parametrize(("text", "words"), CASES, ids=[words for _, words in CASES])
def test_a_bad_model_gets_a_sentence(text, words):
    with pytest.raises(ModelError) as refused:
        request_from(text).answer()
    assert any(words in sentence for sentence in refused.value.sentences), refused.value.sentences
    assert all(sentence[0].isupper() or sentence[0] == "“" for sentence in refused.value.sentences)
    assert all(sentence.endswith(".") for sentence in refused.value.sentences)


def test_the_good_model_is_good():
    ranking = request_from(json.dumps(GOOD)).answer()
    assert [r.option for r in ranking.ranking] == ["A", "B"]


def test_every_reason_is_given_at_once():
    text = changed("options.0.scores", {"impact": [9, 5, 1], "speed": 3}).replace('"weight": 2', '"weight": -2')
    with pytest.raises(ModelError) as refused:
        request_from(text).answer()
    words = " ".join(refused.value.sentences)
    for part in ("negative", "must rise", "“risk”: the score is missing", "not one of the criteria"):
        assert part in words


def test_uniform_weights_need_none_stated():
    text = json.dumps(
        {**GOOD, "criteria": [{"name": "impact"}, {"name": "risk", "direction": "min"}], "weights": "uniform"}
    )
    assert request_from(text).answer().shares == {"impact": 0.5, "risk": 0.5}


def test_an_empty_dossier_has_sentences_not_an_exception():
    model = model_from(d.Dossier())
    assert complaints(model) == (
        "Give at least one criterion with a weight.",
        "Give at least two options to rank; there are none.",
    )
    with pytest.raises(ModelError):
        rank(model)


def test_a_dossier_becomes_a_model():
    def estimate(likely, low=None, high=None):
        return d.Estimate(likely=Decimal(likely), low=low and Decimal(low), high=high and Decimal(high))

    dossier = d.Dossier(
        options=d.Options(options=(d.Option(id="o1", name="Stay"), d.Option(id="o2", name="Move"))),
        criteria=d.Criteria(
            criteria=(
                d.Criterion(id="c1", name="Impact", weight=Decimal("3")),
                d.Criterion(
                    id="c2",
                    name="Days",
                    weight=Decimal(1),
                    direction="min",
                    scale="linear",
                    worst=Decimal(90),
                    best=Decimal(10),
                ),
            ),
            scores=(
                d.Score(criterion="c1", option="o1", estimate=estimate("40")),
                d.Score(criterion="c1", option="o2", estimate=estimate("60", "50", "80")),
                d.Score(criterion="c2", option="o1", estimate=estimate("10")),
                d.Score(criterion="c2", option="o2", estimate=estimate("50")),
                d.Score(criterion="gone", option="o2", estimate=estimate("50")),
                d.Score(criterion="c2", option="gone", estimate=estimate("50")),
            ),
        ),
        costs=d.Costs(costs=(d.Cost(option="o1", cost=estimate("0")), d.Cost(option="o2", cost=estimate("900.50")))),
    )
    ranking = rank(model_from(dossier))
    assert [(r.option, r.value) for r in ranking.ranking] == [("o2", 57.5), ("o1", 55.0)]
    assert [(f.option, f.price_per_point) for f in ranking.frontier] == [
        ("o1", None),
        ("o2", pytest.approx(900.5 / 2.5)),
    ]
    assert complaints(Model()) != ()


def run(text: str, tmp_path) -> dict:
    path = tmp_path / "model.json"
    path.write_text(text)
    out = io.StringIO()
    call_command("rank", file=str(path), stdout=out)
    return json.loads(out.getvalue())


def test_the_command_prints_the_contract(tmp_path):
    answer = run(json.dumps({**GOOD, "scale": "direct", "weights": "fixed", "draws": 1000, "seed": 1}), tmp_path)
    assert answer["ranking"][0] == {"option": "A", "value": 76.666667, "rank": 1}
    assert answer["acceptability"]["A"] == [1.0, 0.0]
    assert {"central_weights", "confidence", "break_even", "smallest_flip", "dominated", "frontier"} <= answer.keys()
    assert answer["dominated"] == ["B"]
    assert answer["frontier"] == [{"option": "A", "value": 76.666667, "cost": 35000.0, "price_per_point": None}]
    assert answer == run(json.dumps({**GOOD, "draws": 1000}), tmp_path)


def test_the_command_refuses_with_sentences_and_a_status(tmp_path):
    with pytest.raises(CommandError, match="there is one") as refused:
        run(changed("options", GOOD["options"][:1]), tmp_path)
    assert refused.value.returncode == 1
    with pytest.raises(CommandError, match="cannot be read") as missing:
        call_command("rank", file=str(tmp_path / "nowhere.json"))
    assert missing.value.returncode == 2
    (tmp_path / "binary").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CommandError, match="not text"):
        call_command("rank", file=str(tmp_path / "binary"))
