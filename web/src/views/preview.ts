/** What a file would be, before it is sent: its layout, what is assumed, and what is asked where it can't say. */
import { accountPath, ApiError, call, get } from "../kit/api";
import { field, h, problem, select, table, unique } from "../kit/dom";
import { decimal, rows, size } from "../kit/format";
import type { Lack, Point, Preview, Said } from "../model";

const START = 64 * 1024;
/** A workbook shows what it holds only as a whole. */
const WHOLE = 640 * 1024;
const ZONES = [
  "Europe/London",
  "Europe/Dublin",
  "Europe/Paris",
  "Europe/Madrid",
  "Europe/Brussels",
  "UTC",
  "+10:00",
  "America/New_York",
  "America/Chicago",
  "America/Denver",
  "America/Los_Angeles",
];
const ASKED: Record<string, string> = {
  point: "Whose readings are these?",
  zone: "In which time zone are the times?",
  stamp: "Do the times name the start or the end of an interval?",
  unit: "In which unit are the values?",
  kind: "Are the points names of your own?",
};

export interface Choice {
  source: Said;
  /** The name pattern for which the account shall keep it, or nothing. */
  pattern: string;
}

/** A card for one file. `send` is called with what was picked; `mayKeep` lets it be kept as the account's sources. */
export async function preview(
  account: string,
  file: File,
  mayKeep: boolean,
  send: (choice: Choice) => void,
  drop: () => void,
): Promise<HTMLElement> {
  const said: Said = {};
  const found = h("div", { "aria-live": "polite" });
  const asked = h("div", { class: "controls" });
  const pattern = h("input", { type: "text", value: file.name.replace(/[0-9]+/g, "*"), maxlength: 200 });
  const kept = h("input", { type: "checkbox" });
  const keep = h("div", { class: "controls", hidden: true }, h("label", {}, kept, " Keep this for files named"), pattern);
  const go = h("button", { type: "button", disabled: true }, "Send");
  const card = h(
    "div",
    { class: "preview", role: "group", "aria-label": file.name },
    h("h3", {}, file.name, h("small", {}, ` ${size(file.size)}`)),
    found,
    asked,
    keep,
    h(
      "div",
      { class: "controls" },
      go,
      h(
        "button",
        {
          type: "button",
          class: "quiet",
          onclick: () => {
            card.remove();
            drop();
          },
        },
        "Leave it",
      ),
    ),
  );
  const shown = new Set<string>();
  let points: Point[] = [];

  const look = async (): Promise<void> => {
    go.disabled = true;
    try {
      const start = await base64(file.slice(0, file.size <= WHOLE ? WHOLE : START));
      const { body } = await call<Preview>("POST", `${accountPath(account)}/preview`, {
        json: { name: file.name, start, whole: file.size <= WHOLE, source: said },
      });
      found.replaceChildren(...told(body));
      for (const lack of body.lacking) if (!shown.has(lack.field)) asked.append(ask(lack));
      keep.hidden = !mayKeep || !Object.keys(said).length;
      go.disabled = body.refused !== null;
    } catch (error) {
      found.replaceChildren(problem(error));
      go.disabled = !(error instanceof ApiError) || error.status !== 413;
    }
  };

  const ask = (lack: Lack): HTMLElement => {
    shown.add(lack.field);
    if (lack.field === "kind")
      return h(
        "p",
        {},
        "Points with names of your own need the account's sources: an administrator of it can say so there, by the kind “free”.",
      );
    const pick = (value: string): void => {
      if (value) Object.assign(said, { [lack.field]: value });
      else delete said[lack.field as keyof Said];
      void look();
    };
    if (lack.field === "point") {
      const list = h("datalist", { id: unique() }, ...points.map((one) => h("option", { value: one.point })));
      const input = h("input", { type: "text", maxlength: 64, list: list.id });
      input.addEventListener("change", () => pick(input.value.trim()));
      return h("div", {}, field(ASKED.point ?? "", input, "An MPAN, NMI, MPRN, PRM, CUPS or EAN, as on the bill"), list);
    }
    const choices = lack.field === "zone" ? ZONES : lack.choices;
    const input = select([["", "Choose"], ...choices.map((one) => [one, one] as const)]);
    input.addEventListener("change", () => pick(input.value));
    return field(ASKED[lack.field] ?? lack.why, input, lack.field === "stamp" ? "The file does not show it" : undefined);
  };

  go.addEventListener("click", () => {
    card.remove();
    send({ source: said, pattern: kept.checked ? pattern.value.trim() : "" });
  });
  points = (await get<{ points: Point[] }>(`${accountPath(account)}/points`).catch(() => ({ points: [] }))).points;
  await look();
  return card;
}

function told(one: Preview): HTMLElement[] {
  const wholly = one.refused === null;
  return [
    h("p", {}, h("strong", {}, one.title ?? "No layout that is known"), one.name ? ` (${one.name} in the archive)` : ""),
    one.refused && !one.lacking.length ? problem(one.refused) : null,
    one.assumed.length
      ? h(
          "details",
          {},
          h("summary", {}, `What is taken as so (${one.assumed.length})`),
          h("ul", {}, ...one.assumed.map((what) => h("li", {}, what))),
        )
      : null,
    wholly
      ? h("p", {}, `In what was looked at: ${rows(one.rows)}, ${decimal(one.rejected)} rejected, ${decimal(one.count)} readings.`)
      : null,
    one.first_rejects.length ? h("p", { class: "problem" }, `Line ${one.first_rejects[0]?.line}: ${one.first_rejects[0]?.reason}`) : null,
    one.readings.length
      ? h(
          "details",
          {},
          h("summary", {}, "The first readings, as they would land"),
          table(
            "The first readings",
            ["Point", "Channel", "Start", "Minutes", "Value", "Quality"],
            one.readings.map((row) => [row.point, row.channel, row.start, String(row.minutes), row.value, row.quality]),
          ),
        )
      : null,
  ].filter((part): part is HTMLElement => part !== null);
}

/** Keep what was picked as an entry of the account's sources, before those that are there. */
export async function keepSources(account: string, choice: Choice): Promise<void> {
  const path = `${accountPath(account)}/sources`;
  const { body, headers } = await call<{ sources: unknown[] }>("GET", path);
  const sources = [{ files: choice.pattern, ...choice.source }, ...body.sources];
  await call("PUT", path, { json: { sources }, headers: { "If-Match": headers.get("ETag") ?? "" } });
}

/** The layouts that are read, fetched when somebody asks for them. */
export function formats(): HTMLElement {
  const list = h("ul", {});
  const details = h(
    "details",
    { class: "formats" },
    h("summary", {}, "Files that are understood"),
    h("p", {}, "Recognised by what is in them; plain, or packed as .gz or .zip, and Excel workbooks."),
    list,
  );
  details.addEventListener("toggle", () => {
    if (!details.open || list.childElementCount) return;
    void import("../formats.json").then(({ default: known }) =>
      list.append(...known.map((one) => h("li", {}, h("strong", {}, one.title), `: ${one.where}`))),
    );
  });
  return details;
}

async function base64(part: Blob): Promise<string> {
  const bytes = new Uint8Array(await part.arrayBuffer());
  let text = "";
  for (let at = 0; at < bytes.length; at += 0x8000) text += String.fromCharCode(...bytes.subarray(at, at + 0x8000));
  return btoa(text);
}
