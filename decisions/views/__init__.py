"""HTTP for decisions."""
