"""Composition: settings, addresses, background work and operations of Premise."""

from config.celery import app as celery_app

__all__ = ["celery_app"]
