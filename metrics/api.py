"""The API of metrics, mounted by config.api."""

from ninja import Router

router = Router()
