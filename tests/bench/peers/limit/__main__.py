"""A dashboard as a protocol: each connection of a viewer asks Orb by itself, and joins what comes."""

import asyncio
import os
from functools import partial
from typing import Any, cast
from urllib.parse import quote, urlsplit

import msgspec
import uvloop

from tests.bench.peers.limit.pool import Landed, Pool
from tests.bench.peers.limit.wire import Days, Invoice, Listed, ListedAnswer

BASE = urlsplit(os.environ.get("ORB_BASE_URL", "http://127.0.0.1:8001/v1"))
HEAD = f" HTTP/1.1\r\nHost: {BASE.netloc}\r\nAuthorization: Bearer {os.environ.get('ORB_API_KEY', '')}\r\n"
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n"


ENCODER = msgspec.json.Encoder()


class Viewer(asyncio.Protocol):
    """One who asks for a dashboard, and then for the next."""

    _transport: asyncio.Transport

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._customer = ""
        self._found: dict[str, Any] = {}
        self._listed: list[Listed] = []
        self._missing = 0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        self._customer = data.split(b" ", 2)[1].rpartition(b"/")[2].decode()
        self._found, self._missing = {}, 3
        prepaid = f"/customers/external_customer_id/{self._customer}/credits"
        self._get("list", f"/subscriptions?external_customer_id={self._customer}&status=active&limit=100", self._fan)
        self._get("ledger", f"{prepaid}/ledger?currency=credits&limit=100", self._landed("ledger"))
        self._get("blocks", f"{prepaid}?currency=credits&limit=100", self._landed("blocks"))

    def _get(self, kind: str, path: str, landed: Landed) -> None:
        self._pool.ask(kind, f"GET {BASE.path}{path}{HEAD}\r\n".encode(), landed)

    def _fan(self, found: ListedAnswer) -> None:
        self._listed = found.data
        self._missing += 3 * len(found.data)
        for each in found.data:
            start, end = each.current_billing_period_start_date, each.current_billing_period_end_date
            window = f"timeframe_start={quote(start)}&timeframe_end={quote(end)}"
            path = f"/subscriptions/{each.id}"
            self._get("costs", f"{path}/costs?view_mode=periodic&{window}", self._landed(f"costs {each.id}"))
            invoice = f"/invoices/upcoming?subscription_id={each.id}"
            self._get("invoice", invoice, self._landed(f"invoice {each.id}"))
            body = ENCODER.encode({"grouping_keys": ["workspace_id"], "timeframe_start": start, "timeframe_end": end})
            head = f"POST {BASE.path}{path}/grouped_costs{HEAD}Content-Length: {len(body)}\r\n\r\n".encode()
            self._pool.ask("groups", head + body, self._landed(f"groups {each.id}"))
        self._less()

    def _landed(self, name: str) -> Landed:
        return partial(self._keep, name)

    def _keep(self, name: str, found: Any) -> None:
        self._found[name] = found
        self._less()

    def _less(self) -> None:
        self._missing -= 1
        if not self._missing and not self._transport.is_closing():
            body = ENCODER.encode(self._document())
            self._transport.writelines((ANSWER % len(body), body))

    def _document(self) -> dict[str, Any]:
        return {
            "customer": self._customer,
            "subscriptions": [self._subscription(each) for each in self._listed],
            "ledger": self._found["ledger"].data,
            "blocks": self._found["blocks"].data,
        }

    def _subscription(self, each: Listed) -> dict[str, Any]:
        invoice: Invoice = self._found[f"invoice {each.id}"]
        days: Days = self._found[f"costs {each.id}"]
        return {
            "id": each.id,
            "name": each.name or each.plan.name,
            "currency": invoice.currency,
            "subtotal": invoice.subtotal,
            "total": invoice.total,
            "amount_due": invoice.amount_due,
            "lines": invoice.line_items,
            "costs": [
                {
                    "start": day.timeframe_start,
                    "end": day.timeframe_end,
                    "subtotal": day.subtotal,
                    "prices": [
                        {"id": cost.price.id, "name": cost.price.name, "subtotal": cost.subtotal}
                        for cost in day.per_price_costs
                    ],
                }
                for day in days.data
            ],
            "groups": self._found[f"groups {each.id}"].data,
        }


async def main() -> None:
    pool = Pool(BASE.port or 80)
    port = int(os.environ["PORT"])
    server = await asyncio.get_running_loop().create_server(lambda: Viewer(pool), "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    uvloop.run(main())
