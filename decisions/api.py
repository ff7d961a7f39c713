"""The API of decisions, mounted by config.api."""

from ninja import Router

router = Router()
