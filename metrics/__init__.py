"""The metric registry: definitions, values, conditions and the signals they give."""
