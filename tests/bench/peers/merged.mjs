// The document that both programs for node answer with.

const pick = (from, names) => Object.fromEntries(names.map((name) => [name, from[name]]));

export function subscription(each, invoice, costs, groups) {
  return {
    id: each.id,
    name: each.name ?? each.plan.name,
    ...pick(invoice, ["currency", "subtotal", "total", "amount_due"]),
    lines: invoice.line_items.map((line) => pick(line, ["name", "quantity", "amount"])),
    costs: costs.data.map((day) => ({
      start: day.timeframe_start,
      end: day.timeframe_end,
      subtotal: day.subtotal,
      prices: day.per_price_costs.map(({ price, subtotal }) => ({ id: price.id, name: price.name, subtotal })),
    })),
    groups: groups.data,
  };
}

export function dashboard(customer, subscriptions, ledger, blocks) {
  return {
    customer,
    subscriptions,
    ledger: ledger.data.map((each) => pick(each, ["created_at", "entry_type", "amount", "ending_balance"])),
    blocks: blocks.data.map((each) => pick(each, ["id", "balance", "status", "expiry_date"])),
  };
}
