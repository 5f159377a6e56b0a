"""Orb's problem documents: what it answers when it will not answer."""

from collections.abc import Mapping

from app.sandbox.wire import Document

_TYPE = "https://docs.withorb.com/reference/error-responses#"


class Problem(Exception):
    """An answer other than 200; `fragment` is the part of `type` by which Orb's errors are told apart."""

    def __init__(
        self,
        status: int,
        fragment: str,
        title: str,
        detail: str | None = None,
        *,
        errors: list[str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(title)
        self.status, self.fragment, self.title, self.detail, self.errors = status, fragment, title, detail, errors
        self.headers = dict(headers or {})

    def document(self) -> Document:
        """Show it as Orb's problem document."""
        body: Document = {
            "status": self.status,
            "title": self.title,
            "type": _TYPE + self.fragment,
            "detail": self.detail,
        }
        if self.errors is not None:
            body["validation_errors"] = self.errors
        return body


def invalid(*errors: str, detail: str = "The request was malformed.") -> Problem:
    """Refuse a request, naming what is wrong with each part of it."""
    return Problem(400, "400-request-validation-errors", "Request validation error", detail, errors=list(errors))


def unauthenticated() -> Problem:
    """Refuse a request without a key."""
    return Problem(401, "401-authentication-error", "Authentication failure", "Authorization header is expected")


def unknown(kind: str, identifier: str) -> Problem:
    """Say that a resource does not exist."""
    return Problem(
        404,
        "404-resource-not-found",
        "A specified resource was not found.",
        f"Could not find a resource of type {kind} with identifier: {identifier}.",
    )


def unavailable_feature() -> Problem:
    """Say that the account does not have a feature."""
    return Problem(
        404,
        "404-feature-not-available",
        "Feature not available",
        "This feature is not available for your account.",
    )


def wrong_url() -> Problem:
    """Say that there is no such route."""
    return Problem(404, "404-url-not-found", "Requested url was not found", None)


def too_large() -> Problem:
    """Refuse a body that is too long."""
    return Problem(413, "413-request-too-large", "Request too large", None)


def too_many_requests(rate: str, retry_after: int | None = None) -> Problem:
    """Refuse a call beyond a rate such as `10 per 1 second`. Orb itself does not say when to come back."""
    return of_status(429, f"Rate limit exceeded ({rate})", retry_after)


def of_status(status: int, detail: str | None = None, retry_after: int | str | None = None) -> Problem:
    """Make the problem that Orb gives with a status; `retry_after` is the header of that name."""
    named = {
        400: ("400-request-validation-errors", "Request validation error", "The request was malformed."),
        401: ("401-authentication-error", "Authentication failure", "The API key is not valid."),
        404: ("404-resource-not-found", "A specified resource was not found.", None),
        409: (
            "409-resource-conflict",
            "Resource conflict",
            "The request conflicts with another concurrent request.",
        ),
        413: ("413-request-too-large", "Request too large", None),
        429: ("429-too-many-requests", "Too many requests", "Rate limit exceeded (10 per 1 second)"),
    }
    fragment, title, usual = named.get(status, ("500-internal-server-error", "Internal server error", None))
    headers = {} if retry_after is None else {"Retry-After": str(retry_after)}
    return Problem(status, fragment, title, detail or usual, errors=[] if status == 400 else None, headers=headers)
