/** What a view shows, in the page's address: so that reload, back and a link that is sent show the same. */

/** The parameters of the address now. */
export const asked = (): URLSearchParams => new URLSearchParams(location.search);

/** Change some; empty ones go. With `step` the reader can go back to what was shown before. */
export function ask(changes: Record<string, string | string[]>, step: boolean): void {
  const query = asked();
  for (const [name, value] of Object.entries(changes)) {
    query.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one) query.append(name, one);
  }
  const text = query.toString();
  const address = `${location.pathname}${text ? `?${text}` : ""}`;
  if (address === `${location.pathname}${location.search}`) return;
  history[step ? "pushState" : "replaceState"](null, "", address);
}
