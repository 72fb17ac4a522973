/** Exports: asked for, waited for, and downloaded from the store itself. */
import { accountPath, call, get, waitFor } from "../kit/api";
import { field, h, problem, select } from "../kit/dom";
import { addDays } from "../kit/days";
import { rows, size } from "../kit/format";
import type { Export } from "../model";
import type { Place } from "../place";

const PATIENCE = 600_000;

export function exportsOf({ account }: Place): HTMLElement {
  const base = `${accountPath(account)}/exports`;
  const format = select([
    ["csv", "CSV"],
    ["parquet", "Parquet"],
  ]);
  const from = h("input", { type: "date" });
  const to = h("input", { type: "date" });
  const state = h("div", { role: "status" });
  const button = h("button", { type: "submit" }, "Export");
  const form = h(
    "form",
    { class: "controls" },
    field("Format", format),
    field("First day", from, "Empty: from the beginning"),
    field("Last day", to, "Included. Empty: to the end"),
    button,
  );
  form.addEventListener("input", () => state.replaceChildren()); // what was made is not what is asked for now
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    state.replaceChildren(h("progress", { "aria-label": "The export is being written" }), " Your export is being written…");
    try {
      if (from.value && to.value && from.value > to.value) throw new Error("The last day is before the first.");
      const json = { format: format.value, from: from.value, to: to.value && addDays(to.value, 1) };
      const { body } = await call<Export>("POST", base, { json });
      const done = await waitFor(
        async () => {
          const found = await get<Export>(`${base}/${body.id}`);
          return found.status === "queued" ? undefined : found;
        },
        PATIENCE,
        "The export takes longer than usual. Ask for it again later.",
      );
      state.replaceChildren(
        done.download && !done.rows
          ? h("p", {}, "There are no readings in these days.")
          : done.download
            ? h(
                "p",
                {},
                h("a", { class: "button", href: done.download.url, download: `${account}.${done.format}` }, "Download"),
                ` ${rows(done.rows ?? 0)}, ${size(done.bytes ?? 0)}`,
              )
            : problem(done.error ?? "The export failed."),
      );
    } catch (error) {
      state.replaceChildren(problem(error));
    } finally {
      button.disabled = false;
    }
  });
  return h(
    "section",
    { class: "card" },
    h("h2", {}, "Export"),
    h("p", {}, "All readings of the account with every data version, in one file."),
    form,
    state,
  );
}
