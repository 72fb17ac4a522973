/** The page's colours for what is drawn on a canvas, and drawing anew when they change. */

export const colour = (name: string): string => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
export const colours = (name: string, count: number): string[] => Array.from({ length: count }, (_, index) => colour(`--${name}-${index}`));

/** Diagonal stripes, so far along: over a colour where a value is an estimate, over nothing where there is no reading. */
export function stripes(context: CanvasRenderingContext2D, ink: string, ground = "transparent", along = 0): CanvasPattern | string {
  const ratio = devicePixelRatio || 1;
  const tile = document.createElement("canvas");
  tile.width = tile.height = Math.round(6 * ratio);
  const brush = tile.getContext("2d");
  if (!brush) return ground;
  brush.fillStyle = ground;
  brush.fillRect(0, 0, tile.width, tile.height);
  brush.strokeStyle = ink;
  brush.lineWidth = 1.5 * ratio;
  for (const shift of [-2, -1, 0, 1].map((tiles) => tiles * tile.width)) {
    brush.beginPath();
    const begin = shift + along * tile.width;
    brush.moveTo(begin, tile.height);
    brush.lineTo(begin + tile.width, 0);
    brush.stroke();
  }
  return context.createPattern(tile, "repeat") ?? ground;
}

/** Call `draw` when the place is in the page, has another width, the scheme changes, or the page is printed; `gone` when it was taken away. */
export function redrawn(place: HTMLElement, draw: () => void, gone: () => void = () => undefined): void {
  let width = -1;
  const media = ["(prefers-color-scheme: dark)", "print"].map((query) => matchMedia(query));
  const again = (): void => draw();
  const watch = new ResizeObserver(() => {
    if (!place.isConnected) {
      watch.disconnect();
      for (const one of media) one.removeEventListener("change", again);
      return gone();
    }
    if (place.clientWidth === width || !place.clientWidth) return;
    width = place.clientWidth;
    draw();
  });
  watch.observe(place);
  for (const one of media) one.addEventListener("change", again);
}
