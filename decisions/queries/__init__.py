"""Read models: what each page shows, gathered in a fixed number of queries."""
