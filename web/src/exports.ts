/** Exports: asked for, waited for, and downloaded from the store itself. */
import { ApiError, call, get } from "./api";
import { field, h, problem, rows, select, size } from "./dom";
import type { Export } from "./model";

const PATIENCE = 600_000;

export function exportsOf(account: string): HTMLElement {
  const base = `/api/accounts/${encodeURIComponent(account)}/exports`;
  const format = select([["csv", "CSV"], ["parquet", "Parquet"]]);
  const from = h("input", { type: "date" });
  const to = h("input", { type: "date" });
  const state = h("div", { role: "status" });
  const button = h("button", { type: "submit" }, "Export");
  const form = h("form", { class: "controls" }, field("Format", format), field("From", from, "Empty: from the beginning"), field("To", to, "Empty: to the end"), button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    state.replaceChildren(h("progress", { "aria-label": "The export is being written" }), " Your export is being written…");
    try {
      const json = { format: format.value, from: from.value, to: to.value };
      const { body } = await call<Export>("POST", base, { json });
      const done = await finished(`${base}/${body.id}`);
      state.replaceChildren(
        done.download
          ? h("p", {}, h("a", { class: "button", href: done.download.url, download: `${account}.${done.format}` }, "Download"), ` ${rows(done.rows ?? 0)}, ${size(done.bytes ?? 0)}`)
          : problem(done.error ?? "The export failed."),
      );
    } catch (error) {
      state.replaceChildren(problem(error));
    } finally {
      button.disabled = false;
    }
  });
  return h("section", { class: "card" }, h("h2", {}, "Export"), h("p", {}, "All readings of the account with every data version, in one file."), form, state);
}

async function finished(path: string): Promise<Export> {
  const begun = Date.now();
  for (let wait = 300; Date.now() - begun < PATIENCE; wait = Math.min(wait * 1.5, 5000)) {
    const found = await get<Export>(path);
    if (found.status !== "queued") return found;
    await new Promise((resolve) => setTimeout(resolve, wait));
  }
  throw new ApiError(0, "The export takes longer than usual. Ask for it again later.");
}
