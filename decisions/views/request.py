"""The request as views behind sign-in get it."""

from django.http import HttpRequest

from approvals.models import User


class SignedIn(HttpRequest):
    """A request of somebody who has signed in; only for annotations."""

    user: User
