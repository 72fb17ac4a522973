"""How providers, ways and figures are written, on the page and in the terminal alike."""

from __future__ import annotations

from collections.abc import Iterable
from math import floor, log10

from bench.portability.shape import Estimate, Machine, Manifest, Ratio, Summary

PROVIDERS = {"local": "Local", "aws": "AWS", "gcp": "Google Cloud", "azure": "Azure"}
WAYS = {
    "native": "by hand",
    "trefoil": "Trefoil",
    "fastapi": "FastAPI",
    "powertools": "Powertools",
    "flask": "Flask",
}
WORKLOADS = ("hello", "login", "me", "read", "month", "year", "upload", "export", "settlement", "schedule")
TOO_SMALL = "n too small"


def provider(name: str) -> str:
    """As it is written for people."""
    return PROVIDERS.get(name, name)


def way(name: str) -> str:
    """As it is written for people."""
    return WAYS.get(name, name)


def ordered(names: Iterable[str], order: Iterable[str]) -> list[str]:
    """Each once: those of `order` in it, and any others after them as they came."""
    found = list(dict.fromkeys(names))
    known = [name for name in order if name in found]
    return known + [name for name in found if name not in known]


def providers(names: Iterable[str]) -> list[str]:
    """Each once, in the order they have everywhere."""
    return ordered(names, PROVIDERS)


def places(value: float, significant: int = 3) -> int:
    """How many digits after the point show so many significant ones; below zero for a thousand and more."""
    rounded = float(f"{value:.{significant}g}")
    return significant - 1 - (floor(log10(abs(rounded))) if rounded else 0)


def fixed(value: float, after: int) -> str:
    """Rounded to so many digits after the point, with commas between thousands, and no minus before zero."""
    return f"{round(value, after) + 0.0:,.{max(after, 0)}f}"


def digits(value: float) -> str:
    """Three significant digits."""
    return fixed(value, places(value)) if value else "0"


def between(estimate: Estimate) -> str:
    """The interval with as many places as its value, or that n is too small for one."""
    if estimate.low is None or estimate.high is None:
        return TOO_SMALL
    after = places(estimate.value or max(abs(estimate.low), abs(estimate.high)))
    return f"{fixed(estimate.low, after)} to {fixed(estimate.high, after)}"


def sentence(text: str) -> str:
    """With a capital letter and a full stop."""
    return f"{text[:1].upper()}{text[1:]}."


def tax_sentence(summary: Summary, target: str, workload: str = "hello") -> str:
    """What Trefoil takes of a handler written by hand on one provider; empty where neither was measured."""
    warm, cold = (_times(summary, target, workload, metric) for metric in ("warm_s", "cold_s"))
    what = f"On {provider(target)}, {workload} takes"
    hand = "of a handler written by hand"
    if warm and cold:
        return f"{what} {warm[0]} {hand} when warm{warm[1]}, and {cold[0]} from a cold start{cold[1]}."
    if warm:
        return f"{what} {warm[0]} {hand} when warm{warm[1]}."
    return f"{what} {cold[0]} {hand} from a cold start{cold[1]}." if cold else ""


def _times(summary: Summary, target: str, workload: str, metric: str) -> tuple[str, str] | None:
    """The ratio, and the medians behind it."""
    found = summary.ratio(target, workload, metric)
    if not found:
        return None
    both = [summary.cell("tax", target, workload, metric, one) for one in ("trefoil", "native")]
    medians = [cell.quantiles["0.5"].value * 1000 for cell in both if cell and "0.5" in cell.quantiles]
    against = f" ({digits(medians[0])} against {digits(medians[1])} ms)" if len(medians) == 2 else ""
    return f"{digits(found.ratio.value)} times the time", against


def revision(manifest: Manifest) -> str:
    """Of the code, and whether it was that alone."""
    return f"{manifest.revision}{', with changes that are not committed' if manifest.dirty else ''}"


def processor(machine: Machine) -> str:
    """With its cores, where they were noted."""
    return f"{machine.cpu}, {machine.cores} cores" if machine.cores else machine.cpu


def voids(summary: Summary) -> list[str]:
    """Which cells have no figures, and why; of who gave a wrong answer once, however many metrics it has."""
    told = (f"{c.part} {c.workload} on {c.target} ({c.way}): {c.void}" for c in summary.cells if c.void)
    return list(dict.fromkeys(told))


def verdict(said: str) -> str:
    """`aws less` as `AWS less`; the other verdicts as they are."""
    name, _, less = said.rpartition(" ")
    return f"{provider(name)} less" if less == "less" and name else said


def against_native(summary: Summary, target: str, workload: str) -> dict[str, Ratio]:
    """Trefoil's ratios to the handler written by hand by metric."""
    wanted = (target, workload, "trefoil", "native")
    return {r.metric: r for r in summary.tax if (r.target, r.workload, r.way, r.of) == wanted}
