/** Products, and trades of an account. */
import { accountPath, call, get, pages } from "./api";
import { field, h, moment, problem, say, select, table } from "./dom";
import type { Product, Trade } from "./model";

export async function trades(account: string): Promise<HTMLElement> {
  const base = `${accountPath(account)}/trades`;
  const { products } = await get<{ products: Product[] }>("/api/products");
  const list = h("div", {});
  const refused = h("div", {});

  const show = async (): Promise<void> => {
    const placed: Trade[] = [];
    for await (const page of pages<{ trades: Trade[]; next: string | null }>(base)) placed.push(...page.trades);
    list.replaceChildren(
      placed.length
        ? table("Trades", ["When", "Product", "Side", "kWh", "Price", "By"], placed.reverse().map((one) => [moment(one.at), one.product, one.side, one.kwh, `${one.price} ${one.currency}`, one.user]))
        : h("p", {}, "No trade has been placed yet."),
    );
  };

  const product = select(products.map((one) => [one.id, one.name]));
  const side = select([["buy", "buy"], ["sell", "sell"]]);
  const kwh = h("input", { type: "text", inputmode: "decimal", required: true, pattern: "[0-9]{1,9}(\\.[0-9]{1,3})?", value: "100" });
  const button = h("button", { type: "submit" }, "Place the trade");
  // One key for one intent: pressing twice, or again after no answer, places one trade.
  let key = crypto.randomUUID();
  const form = h("form", { class: "controls" }, field("Product", product), field("Side", side), field("Energy in kWh", kwh, "At most three decimals"), button);
  form.addEventListener("input", () => (key = crypto.randomUUID()));
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refused.replaceChildren();
    button.disabled = true;
    try {
      const { body } = await call<Trade>("POST", base, { json: { product: product.value, kwh: kwh.value, side: side.value }, headers: { "Idempotency-Key": key } });
      key = crypto.randomUUID();
      say(`Placed: ${body.side} ${body.kwh} kWh for ${body.price} ${body.currency}.`);
      await show();
    } catch (error) {
      refused.replaceChildren(problem(error));
    } finally {
      button.disabled = false;
    }
  });

  await show();
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Trade"),
    products.length ? form : h("p", {}, "Nothing is on sale just now."),
    refused,
    list,
    h("h3", {}, "Products"),
    h("div", { class: "tiles" }, ...products.map(tile)),
  );
}

export function tile(one: Product): HTMLElement {
  return h("article", { class: "tile" }, h("h4", {}, one.name), h("p", {}, one.description), h("p", { class: "price" }, h("strong", {}, `${one.unit_rate} ${one.currency}`), " a kWh"), h("p", { class: "soft" }, `${one.standing_charge} ${one.currency} a day`));
}
