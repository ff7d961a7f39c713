"""The demonstration: one organisation's support desk, its figures for a year, and a decision in each state."""
