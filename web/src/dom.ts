/** Making elements, and telling the reader what happened. */

type Child = Node | string | null | undefined | false;
type Properties = Record<string, string | number | boolean | EventListener | undefined>;

/** An element with attributes (`onclick` and the like take functions) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
  element.append(...children.flat().filter((child): child is Node | string => Boolean(child)));
  return element;
}

/** A labelled form field; `hint` is read out with it. */
export function field(label: string, input: HTMLInputElement | HTMLSelectElement, hint?: string): HTMLElement {
  const id = (input.id ||= `field-${Math.random().toString(36).slice(2)}`);
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), input, hint && h("small", { id: `${id}-hint` }, hint));
}

export function select(options: readonly (readonly [string, string])[], chosen?: string): HTMLSelectElement {
  const made = h("select", {}, ...options.map(([value, text]) => h("option", { value }, text)));
  if (chosen !== undefined) made.value = chosen;
  return made;
}

export function table(caption: string, head: string[], rows: (Node | string)[][]): HTMLElement {
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h("thead", {}, h("tr", {}, ...head.map((text) => h("th", { scope: "col" }, text)))),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell) => h("td", {}, cell))))),
    ),
  );
}

/** A short note at the bottom of the page, read out by screen readers. */
export function say(text: string): void {
  const note = h("p", { class: "note" }, text);
  document.querySelector("#notes")?.append(note);
  setTimeout(() => note.remove(), 6000);
}

export function problem(error: unknown): HTMLElement {
  const text = error instanceof Error ? error.message : String(error);
  return h("p", { class: "problem", role: "alert" }, text);
}

const number = new Intl.NumberFormat("en-GB", { maximumFractionDigits: 3 });
export const decimal = (value: number): string => number.format(value);
export const size = (bytes: number): string =>
  bytes < 1000 ? `${bytes} bytes` : bytes < 1e6 ? `${decimal(Math.round(bytes / 100) / 10)} kB` : `${decimal(Math.round(bytes / 1e5) / 10)} MB`;
/** The largest; 0 of nothing. */
export const most = (values: number[]): number => values.reduce((high, value) => Math.max(high, value), 0);
export const rows = (count: number): string => `${decimal(count)} ${count === 1 ? "row" : "rows"}`;
/** A moment in the reader's own zone. */
export const moment = (text: string): string =>
  new Date(text).toLocaleString("en-GB", { dateStyle: "medium", timeStyle: "short" });
