"""The record of a decision: a PDF that carries its data, its proofs and its own signature."""
