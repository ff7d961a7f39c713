"""The verbs: one function each, keyword-only, `by=` the actor."""
