"""The API of approvals, mounted by config.api."""

from ninja import Router

router = Router()
