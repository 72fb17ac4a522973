/** An account's settings, written only over what the reader has seen. */
import { accountPath, ApiError, call, get } from "../kit/api";
import { field, h, problem, say, select } from "../kit/dom";
import type { Agreed, Product, Settings } from "../model";
import type { Place } from "../place";
import { titled } from "./sites";

export async function settings({ account, may }: Place): Promise<HTMLElement> {
  if (!may("read")) return removal(account);
  const path = `${accountPath(account)}/settings`;
  const [{ products }, { sites }] = await Promise.all([
    get<{ products: Product[] }>("/api/products"),
    get<{ sites: { site: string }[] }>("/api/forecasts"),
  ]);
  const place = h("div", {});
  const show = async (told: unknown = null): Promise<void> => {
    const { body, headers } = await call<Settings>("GET", path);
    place.replaceChildren(
      ...(told ? [problem(told)] : []),
      form(
        path,
        body,
        headers.get("ETag") ?? "",
        products,
        sites.map((one) => one.site),
        may("changeSettings"),
        show,
      ),
    );
  };
  await show();
  return h(
    "div",
    { class: "stack" },
    h(
      "section",
      { class: "card" },
      h("h2", {}, "Settings"),
      may("changeSettings") ? "" : h("p", {}, "You may see these settings, but not change them."),
      place,
    ),
    may("delete") ? removal(account) : "",
  );
}

function form(
  path: string,
  held: Settings,
  tag: string,
  products: Product[],
  sites: string[],
  allowed: boolean,
  show: (told?: unknown) => Promise<void>,
): HTMLElement {
  const name = h("input", { type: "text", maxlength: 100, value: held.display_name });
  const currency = select(
    ["GBP", "EUR", "AUD", "USD"].map((one) => [one, one]),
    held.currency,
  );
  const limit = h("input", {
    type: "text",
    inputmode: "decimal",
    value: held.trade_limit ?? "",
    pattern: "[0-9]{1,9}([.][0-9]{1,2})?",
    autocomplete: "off",
  });
  const email = h("input", { type: "email", maxlength: 254, autocomplete: "off", value: held.email });
  const alert = h("input", { type: "number", min: 0, step: "any", value: held.alert_kwh_per_day ?? "" });
  const site = select([["", "None"], ...sites.map((one) => [one, titled(one)] as const)], held.weather_site);
  const agreed = contract(held.contract, products, allowed);
  const button = h("button", { type: "submit" }, "Save");
  const wrong = h("div", {}); // beside the button that was pressed
  const made = h(
    "form",
    { class: "settings" },
    h(
      "fieldset",
      { disabled: !allowed },
      h("legend", {}, "Shown"),
      field("Name of the account", name),
      field("Currency", currency),
      field("Weather of", site),
    ),
    h(
      "fieldset",
      { disabled: !allowed },
      h("legend", {}, "Daily alert"),
      field("Tell me of a day above, in kWh", alert, "Empty: never"),
      field("E-mail", email, "The alert is sent there, once for a day"),
    ),
    h(
      "fieldset",
      { disabled: !allowed },
      h("legend", {}, "Trading"),
      field("One trade at most", limit, `In ${held.currency}. Empty: no limit`),
    ),
    h(
      "fieldset",
      { disabled: !allowed },
      h("legend", {}, "Contract"),
      h("p", { class: "soft" }, "By which product each day is priced: costs and settlements."),
      agreed.element,
    ),
    wrong,
    allowed ? button : "",
  );
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    const wanted: Settings = {
      ...held,
      display_name: name.value.trim(),
      email: email.value.trim(),
      currency: currency.value,
      weather_site: site.value,
      alert_kwh_per_day: alert.value === "" ? null : Number(alert.value),
      trade_limit: limit.value.trim() || null,
      contract: agreed.value(),
    };
    try {
      await call<Settings>("PUT", path, { json: wanted, headers: { "If-Match": tag } });
    } catch (error) {
      const stale = error instanceof ApiError && error.status === 412;
      wrong.replaceChildren(problem(error));
      button.disabled = false;
      button.focus();
      if (stale) await show(error).catch(() => undefined);
      return;
    }
    say("Settings saved.");
    dispatchEvent(new PopStateEvent("popstate")); // the name at the top may be another now
  });
  return made;
}

/** Rows of a first day and its product. */
function contract(held: Agreed[], products: Product[], allowed: boolean): { element: HTMLElement; value: () => Agreed[] } {
  const list = h("div", { class: "agreed" });
  const none = h("p", {}, "No product is agreed: nothing has a price yet.");
  const count = (): boolean => (none.hidden = list.childElementCount > 0);
  const add = (one: Agreed): void => {
    const from = h("input", { type: "date", required: true, value: one.from });
    const known = products.some((product) => product.id === one.product)
      ? []
      : [[one.product, `${one.product} (not on sale any more)`] as const];
    const product = select([...products.map((each) => [each.id, each.name] as const), ...known], one.product);
    const row = h(
      "div",
      { class: "controls row" },
      field("From", from),
      field("Product", product),
      allowed ? h("button", { type: "button", class: "quiet", onclick: () => (row.remove(), void count()) }, "Remove") : "",
    );
    list.append(row);
    count();
  };
  held.forEach(add);
  const more = h(
    "button",
    {
      type: "button",
      class: "quiet",
      disabled: !products.length,
      onclick: () => add({ product: products[0]?.id ?? "", from: new Date().toISOString().slice(0, 10) }),
    },
    "Another product",
  );
  return {
    element: h("div", {}, none, list, allowed ? more : ""),
    value: () =>
      [...list.querySelectorAll(".row")].map((row) => ({
        product: row.querySelector("select")?.value ?? "",
        from: row.querySelector("input")?.value ?? "",
      })),
  };
}

/** Removing an account takes its name, typed. */
function removal(account: string): HTMLElement {
  const typed = h("input", { type: "text", autocomplete: "off" });
  const button = h("button", { type: "submit", class: "danger", disabled: true }, "Delete the account");
  typed.addEventListener("input", () => (button.disabled = typed.value !== account));
  const made = h("form", { class: "controls" }, field(`Type ${account} to confirm`, typed), button);
  made.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await call("DELETE", accountPath(account));
      made.replaceWith(h("p", { role: "status" }, "It is being deleted, with all its readings, files and settlements."));
    } catch (error) {
      made.before(problem(error));
    }
  });
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Delete the account"),
    h("p", {}, "Its readings, files, trades, settlements and settings go. This can't be undone."),
    made,
  );
}
