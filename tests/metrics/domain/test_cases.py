"""Backtest cases as JSON: what is read, what is written, and a sentence for every mistake."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from metrics.domain.cases import BadCase, read_case, run_case

ABOVE = {"kind": "above", "bound": 70, "inclusive": False, "sustained": 2, "clear": {"bound": 65, "sustained": 1}}
VALUES = [["2026-01-05", 61.5], ["2026-01-12", None], ["2026-01-19", 71], ["2026-01-26", 72], ["2026-02-02", 65]]


def case(**changes) -> dict:
    given_case = {"condition": ABOVE, "cadence": "weekly", "values": VALUES, "as_of": "2026-11-01"} | changes
    return {name: value for name, value in given_case.items() if value is not ...}


def run(**changes) -> dict:
    return run_case(read_case(json.dumps(case(**changes))))


def mistakes(text: str) -> list[str]:
    with pytest.raises(BadCase) as refused:
        run_case(read_case(text))
    return refused.value.sentences


def test_the_contract():
    answer = run()
    assert answer["states"] == ["ok", "ok", "pending", "breached", "ok"]
    assert answer["episodes"] == [
        {"start": "2026-01-19", "fired": "2026-01-26", "end": "2026-02-02", "ending": "recovered", "flaps": 0}
    ]
    assert (answer["state"], answer["health"]) == ("ok", "no_data")
    assert answer["periods"] == [start for start, _ in VALUES]
    assert answer["summary"] == {
        "fired": 1,
        "flaps": 0,
        "periods": 5,
        "periods_in_breach": 1,
        "share_in_breach": 0.2,
        "mean_delay_days": 7.0,
        "longest_in_periods": 1,
        "open": False,
    }
    assert "centre" not in answer
    assert json.loads(json.dumps(answer, allow_nan=False)) == answer


def test_an_open_episode_has_no_end():
    answer = run(values=VALUES[:4], as_of="2026-02-02")
    assert answer["episodes"] == [
        {"start": "2026-01-19", "fired": "2026-01-26", "end": None, "ending": None, "flaps": 0}
    ]
    assert (answer["state"], answer["health"]) == ("breached", "fresh")


def test_values_in_any_order_are_put_in_order():
    assert run(values=VALUES[::-1]) == run()


def test_without_as_of_every_given_period_has_settled():
    assert run(as_of=..., settle_after="P2D")["states"] == run()["states"]
    assert run(as_of=..., settle_after="P2D")["health"] == "fresh"


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        ({"as_of": "2025-12-01"}, []),
        ({"values": []}, []),
        ({"as_of": "2026-01-18"}, ["ok"]),
        ({"as_of": "2026-01-20", "settle_after": "P2D"}, ["ok"]),
        ({"as_of": "2026-01-21", "settle_after": "P2D"}, ["ok", "ok"]),
        ({"as_of": "2026-01-12T00:00:00+01:00", "time_zone": "Europe/Paris"}, ["ok"]),
        ({"as_of": "2026-01-12", "time_zone": "America/New_York"}, ["ok"]),
        ({"as_of": "2026-01-12T04:59:59Z", "time_zone": "America/New_York"}, []),
        ({"values": [["2026-01-05", "71", 5], ["2026-01-12", 71, 4]], "minimum_sample": 5}, ["pending", "pending"]),
        (
            {"values": [["2026-01-05", 71, 20_000], ["2026-01-12", 71, 19_999]], "minimum_sample": 20_000},
            ["pending"] * 2,
        ),
        ({"values": [["2026-01-05", 71, None], ["2026-01-12", 71, 5]], "minimum_sample": 5}, ["pending", "breached"]),
        ({"values": [["2026-01-07", 71], ["2026-01-12", 71]]}, ["pending", "breached"]),
        ({"values": [["2026-W02-1", 71], ["2026-01-18T23:59:59Z", 71]]}, ["pending", "breached"]),
    ],
)
def test_only_what_has_settled_counts(changes, states):
    assert run(**changes)["states"] == states


def test_periods_are_named_as_they_were_given_and_gaps_by_their_local_start():
    answer = run(values=[["2026-01-07", 71], ["2026-01-22T10:00", 71]])
    assert answer["periods"] == ["2026-01-07", "2026-01-12", "2026-01-22T10:00"]
    minutes = run(cadence="PT5M", values=[["2026-01-05T00:00Z", 71], ["2026-01-05T00:10Z", 71]], time_zone="Asia/Tokyo")
    assert minutes["periods"] == ["2026-01-05T00:00Z", "2026-01-05T09:05:00+09:00", "2026-01-05T00:10Z"]


def test_a_chart_shows_its_centre_limits_points_and_rules():
    process = {"kind": "process", "rules": [1], "baseline": 3}
    answer = run(
        condition=process, values=[[f"2026-01-{day:02}", value] for day, value in ((5, 10), (12, 12), (19, 11))]
    )
    assert [round(answer[name], 2) for name in ("centre", "lower", "upper")] == [11, 7.01, 14.99]
    assert (answer["points"], answer["rules"]) == ([10, 12, 11], [[], [], []])
    assert "points_below" not in answer


def test_a_cusum_chart_shows_both_sums():
    cusum = {"kind": "drift", "chart": "cusum", "target": 10, "sigma": 1, "k": 0.5, "h": 2}
    answer = run(condition=cusum, values=[["2026-01-05", 11], ["2026-01-12", 9]])
    assert (answer["centre"], answer["lower"], answer["upper"]) == (0, -2, 2)
    assert (answer["points"], answer["points_below"]) == ([0.5, 0.0], [-0.0, -0.5])
    assert "rules" not in answer


@pytest.mark.parametrize(
    ("changes", "states"),
    [
        (
            {
                "condition": {"kind": "forecast", "bound": 70, "horizon": 4, "probability": 0.8, "minimum_history": 2},
                "values": VALUES[2:],
                "forecasts": [["2026-01-26", 0.9], ["2026-02-03", 0.2], ["2026-02-09", None]],
            },
            ["ok", "breached", "ok"],
        ),
        (
            {
                "condition": {"kind": "definition", "version": 2},
                "versions": [["2026-01-01", 2], ["2026-03-01T12:00Z", 3], ["2026-04-01", None], ["2026-05-01", 2]],
            },
            ["ok", "breached", "breached", "ok"],
        ),
        (
            {
                "condition": {"kind": "all", "parts": [{"kind": "above", "bound": 70, "metric": "inflow"}]},
                "values": VALUES[2:],
                "metrics": {"inflow": {"cadence": "daily", "values": [["2026-01-26", 71], ["2026-02-04", 1]]}},
            },
            ["ok", "breached", "ok"],
        ),
        ({"condition": {"kind": "change", "percent": 10, "against": "baseline"}, "baseline": 65, "values": VALUES[2:]},
         ["ok", "breached", "ok"]),
    ],
)  # fmt: skip
def test_what_other_kinds_need_is_given_as_data(changes, states):
    assert run(**changes)["states"] == states


@pytest.mark.parametrize(
    ("changes", "sentence"),
    [
        ({"condition": ...}, "A condition is a JSON object with a “kind”."),
        ({"condition": {"kind": "above"}}, "“bound” is missing: give a number."),
        (
            {"cadence": ...},
            "“cadence”, “time_zone” and “settle_after” are texts, such as weekly, UTC and P2D.",
        ),
        ({"cadence": "hourly"}, "“hourly” is not a duration; write for example P14D, P2W or PT5M."),
        (
            {"time_zone": "Mars/Phobos"},
            "“Mars/Phobos” is not a time zone; write for example Europe/Lisbon or UTC.",
        ),
        (
            {"settle_after": 2},
            "“cadence”, “time_zone” and “settle_after” are texts, such as weekly, UTC and P2D.",
        ),
        ({"values": ...}, "“values” must be a list of [period start, value]."),
        ({"values": {}}, "“values” must be a list of [period start, value]."),
        (
            {"values": [["2026-01-05"]]},
            "Row 1 of “values”: write [period start, value] or [period start, value, sample size].",
        ),
        (
            {"values": [["2026-01-05", 1, 2, 3]]},
            "Row 1 of “values”: write [period start, value] or [period start, value, sample size].",
        ),
        ({"values": [["2026-01-05", 1], 3]},
         "Row 2 of “values”: write [period start, value] or [period start, value, sample size]."),
        ({"values": [["2026-01-05", "x"]]}, "Row 1 of “values”: give a number."),
        ({"values": [["2026-01-05", True]]}, "Row 1 of “values”: give a number."),
        ({"values": [["2026-01-05", 1, "many"]]}, "Row 1 of “values”: give a number."),
        ({"values": [["2026-02-30", 1]]},
         "Row 1 of “values”: “2026-02-30” is not a date; write YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SSZ."),
        ({"values": [[20260105, 1]]},
         "Row 1 of “values”: write a date as YYYY-MM-DD, or a time as YYYY-MM-DDTHH:MM:SSZ."),
        ({"values": [["0001-01-01", 1]]}, "Row 1 of “values”: the year 1 cannot be meant."),
        ({"values": [["9999-12-31", 1]]}, "Row 1 of “values”: the year 9999 cannot be meant."),
        ({"values": [*VALUES, ["2026-01-19", 3]]}, "Two values are given for the period of 2026-01-19."),
        ({"values": [["2026-01-05", 1], ["2026-01-11", 1]]}, "Two values are given for the period of 2026-01-11."),
        ({"as_of": 5}, "“as_of”: write a date as YYYY-MM-DD, or a time as YYYY-MM-DDTHH:MM:SSZ."),
        ({"as_of": "soon"}, "“as_of”: “soon” is not a date; write YYYY-MM-DD, or YYYY-MM-DDTHH:MM:SSZ."),
        ({"as_of": ..., "values": []}, "“as_of” is missing: say up to when the values are known."),
        ({"minimum_sample": 0}, "“minimum_sample” must be a whole number from 1 to 1000000000000000."),
        ({"forecasts": 3}, "“forecasts” must be a list."),
        ({"versions": [["2026-01-01", "two"]]}, "Row 1 of “versions”: give a number."),
        ({"metrics": {"inflow": {"values": []}}},
         "“cadence”, “time_zone” and “settle_after” are texts, such as weekly, UTC and P2D."),
        ({"metrics": [3]}, "“metrics” must be an object of metrics by their keys."),
        ({"valuse": []}, "“valuse” is not known here."),
        (
            {"cadence": "PT1S", "condition": {"kind": "stale"}, "values": VALUES[:1]},
            "There is a gap of 25919999 periods; at most 200000 can be looked at.",
        ),
    ],
)  # fmt: skip
def test_every_mistake_is_a_sentence(changes, sentence):
    assert sentence in mistakes(json.dumps(case(**changes)))


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("", "The case is not JSON that can be read: Expecting value: line 1 column 1 (char 0)"),
        ("[]", "A case is a JSON object with “condition”, “cadence”, “values” and “as_of”."),
        ('{"values": NaN}', "The case is not JSON that can be read: NaN is not a number that can be used."),
        ('{"a": 1, "a": 2}', "The case is not JSON that can be read: a name stands twice in one object."),
        ("[" * 100_000, "The case is nested too deeply."),
    ],
)
def test_what_is_no_case_is_a_sentence(text, sentence):
    assert sentence in mistakes(text)


def test_without_forecasts_the_fold_makes_its_own():
    rising = [[f"2026-{month:02}-01", month] for month in range(1, 13)]
    spec = {"kind": "forecast", "bound": 14.5, "horizon": 3, "probability": 0.9}
    answer = run(condition=spec, cadence="monthly", values=rising, as_of="2027-01-01")
    assert answer["states"][:7] == ["ok"] * 7
    assert (answer["state"], answer["health"]) == ("breached", "fresh")
    assert run(condition=spec | {"bound": 99}, cadence="monthly", values=rising, as_of="2027-01-01")["state"] == "ok"


def test_every_mistake_is_told_at_once_in_one_text():
    twice = [*VALUES, ["2026-01-19", 3], ["2026-01-26", 3], ["2026-02-30", 1]]
    with pytest.raises(BadCase) as refused:
        read_case(json.dumps(case(values=twice, as_of="soon")))
    assert len(refused.value.sentences) == 4
    assert str(refused.value) == "\n".join(refused.value.sentences)


def test_a_chart_comes_beside_states_and_summary_not_instead():
    process = {"kind": "process", "rules": [1], "baseline": 3}
    assert {"states", "episodes", "state", "health", "summary"} < set(run(condition=process, values=VALUES[2:]))


def test_numbers_are_read_exactly():
    text = json.dumps(case(condition=ABOVE | {"bound": 0}, values=[["2026-01-05", 0]])).replace(
        '"bound": 0', '"bound": 0.30000000000000000001'
    )
    high = text.replace('["2026-01-05", 0]', '["2026-01-05", 0.300000000000000000011]').replace(
        '"sustained": 2', '"sustained": 1'
    )
    low = high.replace("0.300000000000000000011", "0.30000000000000000001")
    clear = '"clear": {"bound": 65, "sustained": 1}'
    states = [run_case(read_case(each.replace(clear, '"gap": "break"')))["states"] for each in (high, low)]
    assert states == [["breached"], ["ok"]]


def test_a_number_of_a_million_digits_is_a_sentence():
    assert mistakes(json.dumps(case()).replace("61.5", "9" * 1_000_000))


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@given(
    st.sampled_from(["condition", "cadence", "values", "as_of", "time_zone", "settle_after", "forecasts", "metrics"]),
    JSON,
)
def test_whatever_stands_in_a_field_is_an_answer_or_a_sentence(field, junk):
    try:
        answer = run(**{field: junk})
    except BadCase as refused:
        answer = {"states": [], "periods": [], "refused": refused.sentences}
    assert len(answer["states"]) == len(answer["periods"])
    assert all(answer.get("refused", ["."]))
