// Fastify, and undici's pool used by hand: as fast as node gets without leaving its libraries.

import fastify from "fastify";
import { Pool } from "undici";

import { dashboard, subscription } from "./merged.mjs";

const base = new URL(process.env.ORB_BASE_URL);
const pool = new Pool(base.origin);
const headers = { authorization: `Bearer ${process.env.ORB_API_KEY}`, accept: "application/json" };

async function ask(method, path, body) {
  const more = body && { "content-type": "application/json" };
  const answer = await pool.request({ method, path: base.pathname + path, headers: { ...headers, ...more }, body });
  if (answer.statusCode !== 200) throw new Error(`Orb answered ${answer.statusCode}`);
  return answer.body.json();
}

const get = (path) => ask("GET", path);

async function costs(each) {
  const start = each.current_billing_period_start_date;
  const end = each.current_billing_period_end_date;
  const window = `timeframe_start=${encodeURIComponent(start)}&timeframe_end=${encodeURIComponent(end)}`;
  const body = JSON.stringify({ grouping_keys: ["workspace_id"], timeframe_start: start, timeframe_end: end });
  const found = await Promise.all([
    get(`/invoices/upcoming?subscription_id=${each.id}`),
    get(`/subscriptions/${each.id}/costs?view_mode=periodic&${window}`),
    ask("POST", `/subscriptions/${each.id}/grouped_costs`, body),
  ]);
  return subscription(each, ...found);
}

async function subscriptions(customer) {
  const list = await get(`/subscriptions?external_customer_id=${customer}&status=active&limit=100`);
  return Promise.all(list.data.map(costs));
}

const app = fastify();
app.get("/dashboard/:customer", async ({ params: { customer } }) => {
  const credits = `/customers/external_customer_id/${encodeURIComponent(customer)}/credits`;
  const found = await Promise.all([
    subscriptions(customer),
    get(`${credits}/ledger?currency=credits&limit=100`),
    get(`${credits}?currency=credits&limit=100`),
  ]);
  return dashboard(customer, ...found);
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
