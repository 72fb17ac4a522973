/** Making elements, and telling the reader what happened. */

export type Child = Node | string | null | undefined | false;
type Properties = Record<string, string | number | boolean | EventListener | undefined>;

/** An element with attributes (`onclick` and the like take functions) and children. */
export function h<K extends keyof HTMLElementTagNameMap>(
  name: K,
  properties: Properties = {},
  ...children: (Child | Child[])[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(name);
  attributes(element, properties);
  element.append(...nodes(children));
  return element;
}

/** The same for drawings. */
export function svg<K extends keyof SVGElementTagNameMap>(
  name: K,
  properties: Properties = {},
  ...children: (Child | Child[])[]
): SVGElementTagNameMap[K] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", name);
  attributes(element, properties);
  element.append(...nodes(children));
  return element;
}

function attributes(element: Element, properties: Properties): void {
  for (const [key, value] of Object.entries(properties)) {
    if (value === undefined || value === false) continue;
    if (typeof value === "function") element.addEventListener(key.slice(2), value);
    else element.setAttribute(key, value === true ? "" : String(value));
  }
}

const nodes = (children: (Child | Child[])[]): (Node | string)[] =>
  children.flat().filter((child): child is Node | string => Boolean(child));

let made = 0;
export const unique = (): string => `id-${++made}`;

/** A labelled form field; `hint` is read out with it. */
export function field(label: string, input: HTMLInputElement | HTMLSelectElement | HTMLTextAreaElement, hint?: string): HTMLElement {
  const id = (input.id ||= unique());
  input.dataset.key = label;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h("div", { class: "field" }, h("label", { for: id }, label), input, hint && h("small", { id: `${id}-hint` }, hint));
}

export function select(options: readonly (readonly [string, string])[], chosen?: string): HTMLSelectElement {
  const element = h("select", {}, ...options.map(([value, text]) => h("option", { value }, text)));
  if (chosen !== undefined) element.value = chosen;
  return element;
}

/** A group of choices of which one holds, as buttons side by side. */
export function choice(
  label: string,
  options: readonly (readonly [string, string])[],
  chosen: string,
  pick: (value: string) => void,
): HTMLElement {
  return h(
    "div",
    { class: "options", role: "group", "aria-label": label },
    ...options.map(([value, text]) =>
      h(
        "button",
        { type: "button", "data-key": `${label}: ${text}`, "aria-pressed": String(value === chosen), onclick: () => pick(value) },
        text,
      ),
    ),
  );
}

export function table(caption: string, head: (string | { text: string; number: true })[], rows: (Node | string)[][]): HTMLElement {
  const side = (place: number): string | undefined => (typeof head[place] === "object" ? "number" : undefined);
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": caption },
    h(
      "table",
      {},
      h("caption", {}, caption),
      h(
        "thead",
        {},
        h("tr", {}, ...head.map((one, place) => h("th", { scope: "col", class: side(place) }, typeof one === "string" ? one : one.text))),
      ),
      h("tbody", {}, ...rows.map((row) => h("tr", {}, ...row.map((cell, place) => h("td", { class: side(place) }, cell))))),
    ),
  );
}

/** A short note at the bottom of the page, read out by screen readers; it goes by itself, or when it is closed. */
export function say(text: string): void {
  const note = h(
    "p",
    { class: "note" },
    h("span", {}, text),
    closing(() => note.remove()),
  );
  document.querySelector("#notes")?.append(note);
  setTimeout(() => note.remove(), 10_000);
}

/** What went wrong, until it is closed. */
export function problem(error: unknown): HTMLElement {
  const text = error instanceof Error ? error.message : String(error);
  const shown = h(
    "div",
    { class: "problem", role: "alert" },
    h("span", {}, text),
    closing(() => shown.remove()),
  );
  return shown;
}

/** What went wrong, and the way to ask once more, which stays when it is closed. */
export const retriable = (error: unknown, again: () => void): HTMLElement =>
  h("div", { class: "retriable" }, problem(error), h("button", { type: "button", onclick: again }, "Try again"));

const closing = (close: () => void): HTMLElement =>
  h("button", { type: "button", class: "close", "aria-label": "Close", onclick: close }, "×");

/** Where something will stand when it has come. */
export const skeleton = (kind = ""): HTMLElement => h("div", { class: `skeleton ${kind}`, "aria-hidden": "true" });

export const figure = (label: string, value: string, aside: Child = ""): HTMLElement =>
  h("div", { class: "figure" }, h("span", {}, label), h("strong", {}, value), aside && h("small", {}, aside));
