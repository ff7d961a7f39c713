"""The pages of metrics."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
