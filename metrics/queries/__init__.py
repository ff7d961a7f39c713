"""What pages, feeds and the API read of metrics."""
