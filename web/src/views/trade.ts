/** Products, and trades of an account: what one costs is shown before it is placed, and it is placed after a second look. */
import { accountPath, call, get, pages } from "../kit/api";
import { moment, type Clock } from "../kit/days";
import { choice, field, h, problem, say, select, table } from "../kit/dom";
import { kept } from "../kit/focus";
import { larger, money, rate, small, times } from "../kit/format";
import type { Product, Settings, Trade } from "../model";
import type { Place } from "../place";
import { clockOf } from "./clock";

const KWH = /^(0|[1-9][0-9]{0,8})(\.[0-9]{1,3})?$/;

export async function trade({ account, may }: Place): Promise<HTMLElement> {
  const base = `${accountPath(account)}/trades`;
  const [{ products }, settings, clock] = await Promise.all([
    get<{ products: Product[] }>("/api/products"),
    get<Settings>(`${accountPath(account)}/settings`),
    clockOf(account),
  ]);
  const own = products.filter((one) => one.currency === settings.currency); // no other can be traded
  const placed = h("div", {});
  const show = async (): Promise<void> => placed.replaceChildren(await former(base, clock));
  await show();
  return h(
    "div",
    { class: "stack" },
    may("trade")
      ? own.length
        ? ordering(base, own, settings, show)
        : h(
            "section",
            { class: "card" },
            h("h2", {}, "Trade"),
            h(
              "p",
              {},
              `Nothing is on sale in ${settings.currency} just now. Whoever runs this system makes products: \`trefoil products\` does.`,
            ),
          )
      : h("section", { class: "card" }, h("h2", {}, "Trade"), h("p", {}, "You may see the trades of this account, but not place any.")),
    h("section", { class: "card" }, placed),
    h("section", {}, h("h2", {}, "Products"), h("div", { class: "tiles" }, ...products.map(tile))),
  );
}

async function former(base: string, clock: Clock): Promise<HTMLElement> {
  const all: Trade[] = [];
  for await (const page of pages<{ trades: Trade[]; next: string | null }>(base)) all.push(...page.trades);
  if (!all.length) return h("div", {}, h("h2", {}, "Trades"), h("p", {}, "No trade has been placed yet."));
  const rows = all
    .reverse()
    .map((one) => [moment(one.at, clock), one.product, one.side, one.kwh, money(one.price, one.currency), one.user]);
  return table(
    "Trades, the newest first",
    ["When", "Product", "Side", { text: "kWh", number: true }, { text: "Price", number: true }, "By"],
    rows,
  );
}

function ordering(base: string, products: Product[], settings: Settings, placed: () => Promise<void>): HTMLElement {
  let side = "buy";
  const product = select(products.map((one) => [one.id, one.name]));
  const kwh = h("input", { type: "text", inputmode: "decimal", required: true, autocomplete: "off", value: "100" });
  const price = h("output", { class: "live-price" });
  const refused = h("div", {});
  const place = h("div", {});
  const chosen = (): Product => products.find((one) => one.id === product.value) as Product;
  const sides = h("div", {});
  const drawSides = (): void =>
    sides.replaceChildren(
      choice(
        "Side",
        [
          ["buy", "Buy"],
          ["sell", "Sell"],
        ],
        side,
        (picked) => {
          const back = kept(sides);
          side = picked;
          drawSides();
          back();
          told();
          place.replaceChildren(); // what was looked at is another trade
        },
      ),
    );

  /** What it costs now, or why it can't be placed; says whether it can. */
  const told = (): boolean => {
    const amount = kwh.value.trim();
    let wrong = "";
    if (!KWH.test(amount) || !/[1-9]/.test(amount)) wrong = "Energy is a number above 0 with at most three decimals, as 250.5.";
    else if (settings.trade_limit !== null && larger(times(amount, chosen().unit_rate), settings.trade_limit))
      wrong = `This would be ${money(times(amount, chosen().unit_rate), chosen().currency, 9)}; one trade of this account may be ${money(settings.trade_limit, chosen().currency)} at most.`;
    kwh.setCustomValidity(wrong);
    price.classList.toggle("lack", Boolean(wrong));
    price.textContent =
      wrong || `${money(times(amount, chosen().unit_rate), chosen().currency)} at ${rate(chosen().unit_rate, chosen().currency)}`;
    return !wrong;
  };

  const review = h("button", { type: "submit" }, "Review");
  const form = h(
    "form",
    { class: "controls", novalidate: true },
    field("Product", product),
    h("div", { class: "field" }, h("span", { class: "label" }, "Side"), sides),
    field("Energy in kWh", kwh),
    h("div", { class: "field" }, h("span", { class: "label" }, "It comes to"), price),
    review,
  );
  form.addEventListener("input", () => {
    told();
    place.replaceChildren();
  });
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    refused.replaceChildren();
    if (!told()) return kwh.focus();
    place.replaceChildren(looked());
    // Its heading, and not its button: an Enter that is held down must not buy.
    place.querySelector("h3")?.focus();
  });

  /** The second look. One key for one intent: pressing twice, or again after no answer, places one trade. */
  const looked = (): HTMLElement => {
    const key = crypto.randomUUID();
    const [wanted, one, how] = [kwh.value.trim(), chosen(), side];
    const go = h(
      "button",
      { type: "button" },
      `${how === "buy" ? "Buy" : "Sell"} ${wanted} kWh for ${money(times(wanted, one.unit_rate), one.currency)}`,
    );
    go.addEventListener("click", async () => {
      go.disabled = true;
      try {
        const { body } = await call<Trade>("POST", base, {
          json: { product: one.id, kwh: wanted, side: how },
          headers: { "Idempotency-Key": key },
        });
        place.replaceChildren();
        review.focus();
        say(`${body.side === "buy" ? "Bought" : "Sold"}: ${body.kwh} kWh for ${money(body.price, body.currency)}.`);
        await placed().catch(() =>
          refused.replaceChildren(problem("The trade is placed, but the list of trades could not be had. Don't place it again.")),
        );
      } catch (error) {
        refused.replaceChildren(problem(error));
      } finally {
        go.disabled = false;
      }
    });
    return h(
      "div",
      { class: "review", role: "group", "aria-label": "Review of the trade" },
      h("h3", { tabindex: -1 }, "Is this right?"),
      h(
        "dl",
        {},
        ...pairs({
          Side: how === "buy" ? "You buy" : "You sell",
          Product: one.name,
          Energy: `${wanted} kWh`,
          Rate: rate(one.unit_rate, one.currency),
          "It comes to": money(times(wanted, one.unit_rate), one.currency),
        }),
      ),
      h("p", {}, go, " ", h("button", { type: "button", class: "quiet", onclick: () => place.replaceChildren() }, "Change it")),
    );
  };

  drawSides();
  told();
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Trade"),
    refused,
    form,
    place,
    settings.trade_limit === null
      ? ""
      : h(
          "p",
          { class: "soft" },
          `One trade of this account may be ${money(settings.trade_limit, settings.currency)} at most; its settings say so.`,
        ),
  );
}

const pairs = (told: Record<string, string>): HTMLElement[] =>
  Object.entries(told).map(([name, value]) => h("div", {}, h("dt", {}, name), h("dd", {}, value)));

/** A product as it is priced: its hours and rates, as they are settled by. */
export function tile(one: Product): HTMLElement {
  const { bands = [], export_rate: credit = "0" } = one;
  return h(
    "article",
    { class: "tile" },
    h("h3", {}, one.name),
    h("p", {}, one.description),
    h("p", { class: "price" }, h("strong", {}, rate(one.unit_rate, one.currency)), bands.length ? " at other hours" : " at every hour"),
    bands.length
      ? h(
          "ul",
          { class: "bands" },
          ...bands.map((band) =>
            h(
              "li",
              {},
              h("strong", {}, rate(band.rate, one.currency)),
              ` from ${band.begin} to ${band.end}, ${onDays(band.days)} (${band.name})`,
            ),
          ),
        )
      : "",
    Number(credit) ? h("p", {}, `${rate(credit, one.currency)} for what you give to the grid`) : "",
    h("p", { class: "soft" }, `${small(one.standing_charge, one.currency)} a day for each point, whatever is used`),
  );
}

const WEEK = [
  ["mon", "Monday"],
  ["tue", "Tuesday"],
  ["wed", "Wednesday"],
  ["thu", "Thursday"],
  ["fri", "Friday"],
  ["sat", "Saturday"],
  ["sun", "Sunday"],
] as const;

/** Days in words: those that follow one another as a range. */
export function onDays(days: string[]): string {
  if (!days.length || days.length === 7) return "every day";
  const places = WEEK.map(([day], place) => (days.includes(day) ? place : -1)).filter((place) => place >= 0);
  const [first = 0, last = 0] = [places[0], places.at(-1)];
  const name = (place: number): string => WEEK[place]?.[1] ?? "";
  return last - first === places.length - 1 && places.length > 2 ? `${name(first)} to ${name(last)}` : places.map(name).join(", ");
}
