/** Where the reader is, kept while what stands there is drawn anew: else the keyboard begins at the top of the page again. */

/** Before drawing. What it returns, called after it, puts the focus on what has the same `data-key`. */
export function kept(within: HTMLElement): () => void {
  const active = document.activeElement;
  const key = active instanceof HTMLElement && within.contains(active) ? active.dataset.key : undefined;
  return () => {
    if (!key || within.contains(document.activeElement)) return;
    within.querySelector<HTMLElement>(`[data-key="${CSS.escape(key)}"]`)?.focus({ preventScroll: true });
  };
}
