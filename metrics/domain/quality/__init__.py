"""Checks of data quality: what each looks at, what it says, what the score makes of it, and when it is an incident."""
