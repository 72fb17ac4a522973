"""What is drawn on a canvas of the site, by its pixels."""

from __future__ import annotations

from playwright.sync_api import Page

INK = """
([canvas, from, to, top, bottom]) => {
  const over = canvas.parentElement.querySelector('.u-over');
  const [box, ratio] = [over ? over.getBoundingClientRect() : canvas.getBoundingClientRect(), canvas.width / canvas.getBoundingClientRect().width];
  const own = canvas.getBoundingClientRect();
  const at = (share, begin, size, zero) => Math.round((begin - zero + share * size) * ratio);
  const [x, y] = [at(from, box.left, box.width, own.left), at(top, box.top, box.height, own.top)];
  const [x2, y2] = [at(to, box.left, box.width, own.left), at(bottom, box.top, box.height, own.top)];
  const data = canvas.getContext('2d').getImageData(x, y, Math.max(1, x2 - x), Math.max(1, y2 - y)).data;
  const found = {};
  for (let i = 0; i < data.length; i += 4) if (data[i + 3] > 200) {
    const one = '#' + [0, 1, 2].map((c) => data[i + c].toString(16).padStart(2, '0')).join('');
    found[one] = (found[one] ?? 0) + 4 / data.length;
  }
  return found;
}
"""


def ink(page: Page, selector: str, across: tuple[float, float], down: tuple[float, float]) -> dict[str, float]:
    """The colours of a part of a canvas, and how much of it each has; of a chart the part within its axes."""
    canvas = page.locator(selector).element_handle()
    return dict(page.evaluate(INK, [canvas, *across, *down]))


def coloured(page: Page, name: str) -> str:
    """A colour of the page as six digits."""
    found = page.evaluate("name => getComputedStyle(document.documentElement).getPropertyValue(name).trim()", name)
    return found if len(found) == 7 else "#" + "".join(2 * letter for letter in found[1:])


def bar(place: int, count: int) -> tuple[float, float]:
    """Where along the axis the middle of a place is."""
    return (place + 0.5) / (count + 0.2), (place + 0.7) / (count + 0.2)
