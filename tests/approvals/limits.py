"""What a page may cost at any size of data."""

LARGEST_PAGE = 60 * 1024
MOST_QUERIES = 15
