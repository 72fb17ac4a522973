/** An account's settings, written only over what the reader has seen. */
import { accountPath, ApiError, call } from "./api";
import { field, h, problem, say, select } from "./dom";
import type { Settings } from "./model";

export async function settings(account: string, allowed: boolean): Promise<HTMLElement> {
  const path = `${accountPath(account)}/settings`;
  const name = h("input", { type: "text", maxlength: 100 });
  const email = h("input", { type: "email", maxlength: 254, autocomplete: "off" });
  const currency = select(["GBP", "EUR", "AUD", "USD"].map((one) => [one, one]));
  const alert = h("input", { type: "number", min: 0, step: "any" });
  const refused = h("div", {});
  let tag = "";
  let held: Settings | null = null;

  const read = async (): Promise<void> => {
    const { body, headers } = await call<Settings>("GET", path);
    tag = headers.get("ETag") ?? "";
    held = body;
    name.value = body.display_name;
    email.value = body.email;
    currency.value = body.currency;
    alert.value = body.alert_kwh_per_day === null ? "" : String(body.alert_kwh_per_day);
  };

  const form = h(
    "form",
    { class: "controls" },
    field("Name of the account", name),
    field("E-mail", email),
    field("Currency", currency),
    field("Tell me above kWh a day", alert, "Empty: never"),
    h("button", { type: "submit", disabled: !allowed }, "Save"),
  );
  if (!allowed) for (const input of [name, email, currency, alert]) input.disabled = true;
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    refused.replaceChildren();
    const wanted = { ...held, display_name: name.value, email: email.value, currency: currency.value, alert_kwh_per_day: alert.value === "" ? null : Number(alert.value) };
    try {
      const { headers } = await call<Settings>("PUT", path, { json: wanted, headers: { "If-Match": tag } });
      tag = headers.get("ETag") ?? "";
      say("Settings saved.");
    } catch (error) {
      refused.replaceChildren(problem(error));
      if (error instanceof ApiError && error.status === 412) await read();
    }
  });

  await read();
  return h("section", { class: "card" }, h("h2", {}, "Settings"), allowed ? "" : h("p", {}, "You may see these settings, but not change them."), refused, form);
}
