"""The transport that makes a span of each call, where OpenTelemetry is set up."""

import httpx

from app.metrics import counted, spans
from app.orb.transport import Layer


class Traced(Layer):
    """One span per attempt, until the head of the answer is there: the endpoint's name, never its address."""

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        call = request.extensions.get("call", "")
        with spans.span(f"orb {call}", "CLIENT") as span:
            span.tell({"orrery.call": call, "orrery.rate": request.extensions.get("rate")})
            try:
                response = await self._inner.handle_async_request(request)
            except Exception as error:
                span.tell({"error.type": counted.one_of(type(error).__name__, counted.ERRORS)}, wrong=True)
                raise
            span.tell({"http.response.status_code": response.status_code}, wrong=response.status_code >= 400)
            return response
