// Fastify and Orb's official client.

import fastify from "fastify";
import Orb from "orb-billing";

import { dashboard, subscription } from "./merged.mjs";

const orb = new Orb({ apiKey: process.env.ORB_API_KEY, baseURL: process.env.ORB_BASE_URL });
const page = { currency: "credits", limit: 100 };

async function costs(each) {
  const window = {
    timeframe_start: each.current_billing_period_start_date,
    timeframe_end: each.current_billing_period_end_date,
  };
  const found = await Promise.all([
    orb.invoices.fetchUpcoming({ subscription_id: each.id }),
    orb.subscriptions.fetchCosts(each.id, { view_mode: "periodic", ...window }),
    orb.post(`/subscriptions/${each.id}/grouped_costs`, { body: { grouping_keys: ["workspace_id"], ...window } }),
  ]);
  return subscription(each, ...found);
}

async function subscriptions(customer) {
  const list = await orb.subscriptions.list({ external_customer_id: [customer], status: "active", limit: 100 });
  return Promise.all(list.data.map(costs));
}

const app = fastify();
app.get("/dashboard/:customer", async ({ params: { customer } }) => {
  const found = await Promise.all([
    subscriptions(customer),
    orb.customers.credits.ledger.listByExternalID(customer, page),
    orb.customers.credits.listByExternalID(customer, page),
  ]);
  return dashboard(customer, ...found);
});
await app.listen({ host: "127.0.0.1", port: Number(process.env.PORT) });
