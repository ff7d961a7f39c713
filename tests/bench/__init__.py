"""Measurements against a limit or a peer in the same run: `python -m tests.bench`, with JSON=1 one object a line."""
