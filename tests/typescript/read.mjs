// Orb's own TypeScript client reads a sandbox: every method below, for every customer. What each call came to goes to
// standard output as JSON, one object a line. Usage: node read.mjs BASE_URL NOW, the sandbox's time.

import Orb from "orb-billing";

import { answerOf, check } from "./types.mjs";

const [baseURL, time] = process.argv.slice(2);
const now = Date.parse(time);
const types = new Map();
let raw = "";

const client = new Orb({
  apiKey: "a-key",
  baseURL,
  maxRetries: 0,
  fetch: async (url, init) => {
    const answer = await fetch(url, init);
    raw = await answer.clone().text();
    return answer;
  },
});

/** Calls a method of the client, and checks the bytes that came: undefined if it was refused. */
async function call(method, ...asked) {
  const names = method.split(".");
  const owner = names.slice(0, -1).reduce((resource, name) => resource[name], client);
  return await told(method, () => owner[names.at(-1)](...asked));
}

async function told(method, ask) {
  try {
    const answer = await ask();
    if (!types.has(method)) types.set(method, answerOf(method));
    tell({ method, status: 200, ...check(types.get(method), JSON.parse(raw), method) });
    return answer;
  } catch (refusal) {
    if (!(refusal instanceof Orb.APIError)) throw refusal;
    tell({ method, status: refusal.status, message: refusal.message, errors: [], extras: [] });
    return undefined;
  }
}

/** Calls a method that answers in pages, and gives the items of all of them. */
async function list(method, ...asked) {
  const items = [];
  let page = await call(method, ...asked);
  while (page) {
    const here = page;
    items.push(...here.getPaginatedItems());
    page = here.hasNextPage() ? await told(method, () => here.getNextPage()) : undefined;
  }
  return items;
}

const tell = (found) => console.log(JSON.stringify(found));

async function readCustomer({ id, external_customer_id: external }) {
  await call("customers.fetch", id);
  await call("customers.fetchByExternalID", external);
  await call("customers.costs.list", id, { view_mode: "periodic" });
  await call("customers.costs.listByExternalID", external, { view_mode: "cumulative" });
  for (const currency of ["credits", "USD"]) {
    const asked = { currency, include_all_blocks: true };
    for (const block of await list("customers.credits.list", id, asked)) await call("creditBlocks.retrieve", block.id);
    await list("customers.credits.listByExternalID", external, asked);
    await list("customers.credits.ledger.list", id, { currency, limit: 100 });
    await list("customers.credits.ledger.listByExternalID", external, { currency, limit: 100 });
  }
  for (const invoice of await list("invoices.list", { customer_id: id })) await call("invoices.fetch", invoice.id);
  await list("invoices.listSummary", { external_customer_id: external });
  for (const alert of await list("alerts.list", { customer_id: id })) await call("alerts.retrieve", alert.id);
  await call("customers.createPortalSession", id, {});
  await call("customers.createPortalSessionByExternalID", external, { expires_in_minutes: 5 });
}

async function readSubscription({ id, customer, start_date, price_intervals }) {
  await call("subscriptions.fetch", id);
  await call("subscriptions.fetchCosts", id, { view_mode: "periodic" });
  await call("subscriptions.fetchUsage", id, { granularity: "day", view_mode: "periodic" });
  await call("invoices.fetchUpcoming", { subscription_id: id });
  for (const alert of await list("alerts.list", { subscription_id: id })) await call("alerts.retrieve", alert.id);
  const metered = price_intervals.find(({ price }) => price.billable_metric);
  if (metered && Date.parse(start_date) < now) await evaluate(customer, start_date, metered.price.id);
}

async function evaluate({ id: customer_id }, start, price_id) {
  const timeframe_start = new Date(Math.max(Date.parse(start), now - 20 * 86_400_000)).toISOString();
  const window = { customer_id, timeframe_start, timeframe_end: new Date(now + 60_000).toISOString() };
  const price_evaluations = [{ price_id }];
  const events = [{ event_name: "anything", timestamp: timeframe_start, properties: { size: 1 } }];
  await call("prices.evaluateMultiple", { ...window, price_evaluations });
  await call("prices.evaluate", price_id, window);
  await call("prices.evaluatePreviewEvents", { ...window, events, price_evaluations });
}

async function readLicenses(license_type_id, subscription_id) {
  const asked = { license_type_id, subscription_id };
  await call("licenses.usage.getAllUsage", asked);
  for (const { id, external_license_id } of await list("licenses.list", asked)) {
    await call("licenses.retrieve", id);
    await call("licenses.usage.getUsage", id);
    await call("licenses.retrieveByExternalID", external_license_id, asked);
    await call("licenses.externalLicenses.getUsage", external_license_id, asked);
  }
}

async function ingest(external_customer_id) {
  const event = { event_name: "anything", timestamp: time, idempotency_key: "from-typescript" };
  await call("events.ingest", { events: [{ ...event, external_customer_id, properties: { size: 1.5 } }] });
}

await call("topLevel.ping");
const licenseTypes = await list("licenseTypes.list");
for (const { id } of licenseTypes) await call("licenseTypes.retrieve", id);
const customers = await list("customers.list", { limit: 3 });
for (const customer of customers) {
  await readCustomer(customer);
  for (const subscription of await list("subscriptions.list", { customer_id: [customer.id] })) {
    await readSubscription(subscription);
    for (const { id } of licenseTypes) await readLicenses(id, subscription.id);
  }
}
await ingest(customers[0].external_customer_id);
