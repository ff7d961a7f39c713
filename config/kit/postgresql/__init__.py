"""A database engine: Django's PostgreSQL, and last words."""
