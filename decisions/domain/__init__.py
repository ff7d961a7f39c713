"""What is decided without a database: pure functions over dossiers, states and dates."""
