"""Spans for OpenTelemetry, where an operator has set it up: one per request, per card and per call to Orb.

Off unless `turn_on` is called: nothing of OpenTelemetry is imported then. What a span holds is what a log line holds:
no addresses and no ids of customers; an error is named by its kind, never in its own words.
"""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from opentelemetry.context import Context
    from opentelemetry.trace import Span, Tracer, TracerProvider

Attribute = str | int
Kind = Literal["SERVER", "INTERNAL", "CLIENT"]

_tracer: "Tracer | None" = None


class Spanned:
    """What is going on, to be told of; it may be that nobody listens."""

    def __init__(self, span: "Span | None" = None) -> None:
        self._span = span

    def tell(self, attributes: Mapping[str, Attribute | None], *, name: str | None = None, wrong: bool = False) -> None:
        """How it went; `name` where that is known only now, `wrong` where it failed."""
        if self._span is None:
            return
        self._span.set_attributes({key: value for key, value in attributes.items() if value is not None})
        if name is not None:
            self._span.update_name(name)
        if wrong:
            from opentelemetry.trace import StatusCode  # noqa: PLC0415  see the top

            self._span.set_status(StatusCode.ERROR)


_UNHEARD = Spanned()


def turn_on(provider: "TracerProvider | None" = None) -> bool:
    """Whether there is anybody to tell: the operator's SDK, or `provider`."""
    global _tracer  # noqa: PLW0603  one process, one tracer
    try:
        from opentelemetry import trace  # noqa: PLC0415  see the top
    except ImportError:
        return False
    provider = provider or trace.get_tracer_provider()
    if isinstance(provider, trace.ProxyTracerProvider | trace.NoOpTracerProvider):
        return False
    _tracer = provider.get_tracer("orrery")
    return True


def turn_off() -> None:
    global _tracer  # noqa: PLW0603  one process, one tracer
    _tracer = None


@contextmanager
def span(name: str, kind: Kind, headers: Iterable[tuple[bytes, bytes]] = ()) -> Iterator[Spanned]:
    """A span around the block and what starts within it; `headers` may say whose part it is, by `traceparent`."""
    if _tracer is None:
        yield _UNHEARD
        return
    from opentelemetry.trace import SpanKind  # noqa: PLC0415  see the top

    # What an error says of itself is left out: it may hold what is nobody's business.
    with _tracer.start_as_current_span(
        name,
        context=_whose(headers) if kind == "SERVER" else None,
        kind=SpanKind[kind],
        record_exception=False,
        set_status_on_exception=False,
    ) as found:
        yield Spanned(found)


def _whose(headers: Iterable[tuple[bytes, bytes]]) -> "Context":
    from opentelemetry.context import Context  # noqa: PLC0415  see the top
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator  # noqa: PLC0415

    told = [(name.decode("latin-1"), value.decode("latin-1")) for name, value in headers]
    carrier = {name: [value for other, value in told if other == name] for name, _ in told}
    return TraceContextTextMapPropagator().extract(carrier, Context())
