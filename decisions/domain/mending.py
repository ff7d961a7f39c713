"""What the condition language refuses, in the words of the form in which people write a condition."""

# The last name of a path in the condition language → what the form calls that field.
LABELS = {
    "bound": "Bound",
    "low": "Low",
    "high": "High",
    "percent": "Percent",
    "sustained": "Periods in a row",
    "grace": "Grace",
    "cooldown": "Cooldown",
    "horizon": "Periods ahead",
    "minimum_history": "Only with at least so many values",
    "target": "Target",
    "sigma": "σ of one value",
    "lambda": "λ, the weight of the newest value",
    "width": "Limits in σ",
    "k": "k, what is let pass, in σ",
    "h": "h, where it breaks, in σ",
}
CLEAR_LABELS = {
    "bound": "Over again at",
    "low": "Over again from",
    "high": "Over again to",
    "sustained": "Over after so many periods in a row",
}
# Where the form asks otherwise than the language: percents, lists with commas, a field left empty.
INSTEAD = {
    "rules": "“Rules”: give different numbers with commas, from 1 to 8 for Nelson, from 1 to 4 for Western Electric.",
    "probability": "“Probability”: give a number of percent, above 0 and at most 100.",
    "against": "“Periods before” must be a whole number from 1 to 1000.",
    "version": "“Version of the definition” is missing: say on which one the decision rests.",
}


def in_plain_words(path: str, words: str) -> str:
    """Say a mistake as the form would; `path` is its field in the condition language, such as clear.bound."""
    *outer, name = path.split(".")
    if name in INSTEAD:
        return INSTEAD[name]
    known = CLEAR_LABELS if outer[-1:] == ["clear"] else LABELS
    plain = words.replace(f"“{name}”", f"“{known[name]}”") if name in known else words
    return plain.replace("Give target and sigma,", "Give a target and σ,").replace(
        "or the baseline to estimate them on", "or how many of the first periods to estimate them on"
    )
