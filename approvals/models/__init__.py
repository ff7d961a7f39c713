"""People's commitments: who may sign what, who signed, and the ledger of it all."""

from approvals.models.people import User

__all__ = ["User"]
