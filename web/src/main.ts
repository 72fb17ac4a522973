/** The site's frame: who is signed in, which view the address names, and what a view may show. */
import "./style.css";
import { get, lapsed, onEnd, session, signIn, signOut } from "./api";
import { consumption } from "./consumption";
import { field, h, problem } from "./dom";
import { exportsOf } from "./exports";
import { forecasts } from "./forecasts";
import { may, type Me, type Product } from "./model";
import { settings } from "./settings";
import { settlements } from "./settlements";
import { tile, trades } from "./trades";
import { uploads } from "./uploads";

type View = (account: string, me: Me) => Promise<HTMLElement> | HTMLElement;

const VIEWS: Record<string, { label: string; action: string; view: View }> = {
  consumption: { label: "Consumption", action: "read", view: (account) => consumption(account) },
  files: { label: "Files", action: "read", view: (account, me) => uploads(account, may(me, "upload", account), may(me, "changeSettings", account)) },
  trade: { label: "Trade", action: "read", view: (account) => trades(account) },
  settlements: { label: "Settlements", action: "settle", view: (account) => settlements(account) },
  settings: { label: "Settings", action: "read", view: (account, me) => settings(account, may(me, "changeSettings", account)) },
  export: { label: "Export", action: "export", view: (account) => exportsOf(account) },
};

const main = document.querySelector("#main") as HTMLElement;
const header = document.querySelector("#header") as HTMLElement;
let me: Me | null = null;
let shown = 0;

onEnd((why) => {
  me = null;
  void route(why);
});
addEventListener("popstate", () => void route());
document.addEventListener("click", (event) => {
  const link = (event.target as Element).closest("a");
  if (!link || link.origin !== location.origin || link.hasAttribute("download") || event.ctrlKey || event.metaKey || event.shiftKey) return;
  if (link.getAttribute("href")?.startsWith("#")) return;
  event.preventDefault();
  go(link.pathname);
});
void route();

function go(path: string): void {
  if (path !== location.pathname) history.pushState(null, "", path);
  void route().then(() => main.focus());
}

async function route(why = ""): Promise<void> {
  const turn = ++shown;
  const kept = session();
  frame();
  if (!kept) return put(turn, "Sign in", signInView(why || lapsed()));
  put(turn, "Trefoil", h("p", { class: "loading", role: "status" }, "Loading…"));
  try {
    me ??= await get<Me>("/api/me");
    frame();
    const [, place, encoded, name = "consumption"] = location.pathname.split("/");
    const account = decodeURIComponent(encoded ?? "");
    if (place === "accounts" && account) return put(turn, `${account}: ${VIEWS[name]?.label ?? name}`, await accountView(account, name, me));
    if (place === "weather") return put(turn, "Weather", forecasts());
    return put(turn, "Accounts", await homeView());
  } catch (error) {
    if (session()) put(turn, "Trefoil", h("section", { class: "card" }, problem(error), h("button", { type: "button", onclick: () => void route() }, "Try again")));
  }
}

function put(turn: number, title: string, view: HTMLElement): void {
  if (turn !== shown) return; // the reader has gone on
  document.title = title === "Trefoil" ? title : `${title} - Trefoil`;
  main.replaceChildren(view);
}

function frame(): void {
  const kept = session();
  header.replaceChildren(
    h("a", { class: "brand", href: "/" }, h("img", { src: "/trefoil.svg", alt: "", width: 36, height: 36 }), "Trefoil"),
    kept
      ? h(
          "nav",
          { "aria-label": "Site" },
          h("a", { href: "/", "aria-current": location.pathname === "/" && "page" }, "Accounts"),
          h("a", { href: "/weather", "aria-current": location.pathname === "/weather" && "page" }, "Weather"),
          h("span", { class: "who" }, kept.user),
          h("button", { type: "button", class: "quiet", onclick: () => { history.replaceState(null, "", "/"); signOut(); } }, "Sign out"),
        )
      : "",
  );
}

function signInView(why: string): HTMLElement {
  const user = h("input", { type: "text", autocomplete: "username", required: true, autocapitalize: "none", spellcheck: "false" });
  const password = h("input", { type: "password", autocomplete: "current-password", required: true });
  const refused = h("div", {}, why && problem(why));
  const button = h("button", { type: "submit" }, "Sign in");
  const form = h("form", {}, field("User", user), field("Password", password), button);
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    button.disabled = true;
    try {
      await signIn(user.value, password.value);
      await route();
    } catch (error) {
      refused.replaceChildren(problem(error));
      password.select();
    } finally {
      button.disabled = false;
    }
  });
  return h("section", { class: "card narrow" }, h("h1", {}, "Sign in"), h("p", { class: "soft" }, "Your half-hourly energy, on one page."), refused, form);
}

async function homeView(): Promise<HTMLElement> {
  const [{ accounts }, { products }] = await Promise.all([
    get<{ accounts: string[] }>("/api/accounts"),
    get<{ products: Product[] }>("/api/products"),
  ]);
  return h(
    "div",
    {},
    h("h1", {}, "Accounts"),
    accounts.length
      ? h("div", { class: "tiles" }, ...accounts.map((account) => h("a", { class: "tile", href: `/accounts/${encodeURIComponent(account)}` }, h("strong", {}, account), h("span", { class: "soft" }, "Consumption, files, trades"))))
      : h("p", {}, "You may see no account yet. Ask an administrator for the permission to read one."),
    h("h2", {}, "Products"),
    products.length ? h("div", { class: "tiles" }, ...products.map(tile)) : h("p", {}, "Nothing is on sale just now."),
  );
}

async function accountView(account: string, name: string, who: Me): Promise<HTMLElement> {
  const base = `/accounts/${encodeURIComponent(account)}`;
  const tabs = Object.entries(VIEWS).filter(([, one]) => may(who, one.action, account));
  const view = VIEWS[name];
  const content = view ? await view.view(account, who) : problem(`There is no view “${name}”.`);
  return h(
    "div",
    {},
    h("h1", {}, account),
    h("nav", { class: "tabs", "aria-label": "Account" }, ...tabs.map(([key, one]) => h("a", { href: key === "consumption" ? base : `${base}/${key}`, "aria-current": key === name && "page" }, one.label))),
    content,
  );
}
