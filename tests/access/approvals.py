"""Rows of the access matrix for approvals."""

from tests.access_matrix import Endpoint, Page

PAGES: list[Page] = []
ENDPOINTS: list[Endpoint] = []
