"""Decisions: what was decided, on which assumptions, and whether it still stands."""
