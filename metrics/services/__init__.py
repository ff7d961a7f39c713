"""The verbs of metrics."""
