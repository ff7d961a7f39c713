"""The pages of approvals."""

from django.urls import URLPattern

urlpatterns: list[URLPattern] = []
