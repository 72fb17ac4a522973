"""Layouts with a row for each day, and a column for each half hour. Names are normal ones (`words.normal`)."""

from __future__ import annotations

from core.energy.ingest.layouts.layout import Layout, Meaning, Wide
from core.energy.ingest.words import (
    DATE,
    FLOW,
    KWH,
    MINUTES,
    NO_FLOW,
    POINT,
    QUALITY,
    ROLES,
    UNIT,
    UNITS,
    VERSION,
    Flow,
    Unit,
)
from core.energy.readings.reading import ESTIMATED

_SPARKS = "https://github.com/Energy-Sparks/energy-sparks (lib/tasks/deployment, spec/fixtures/amr_upload_data_files)"
_ANY: tuple[Unit | None, Flow] = (None, NO_FLOW)
_POINTS = (
    *ROLES[POINT],
    "mpancore",
    "mpan/mprn/spid",
    "mpn",
    "mpr",
    "meterpoint",
    "meter point id",
    "m1 code1",
    "supply number",
    "meter identifier",
    "site id",
    "meter reference",
)
"""Names of columns with a point, of collectors and suppliers of Great Britain; the first that is there counts."""
_DATES = (
    *ROLES[DATE],
    "read date",
    "consumption date",
    "date of reading",
    "sett date",
    "date (local)",
    "read date uk",
    "read dateuk",
    "rdate",
    "settlement datetime",
)
_COLUMNS = {
    POINT: _POINTS,
    DATE: _DATES,
    VERSION: ROLES[VERSION],
    FLOW: (
        *ROLES[FLOW],
        "type",
        "measurement quantity id",
        "mq",
        "meter read type",
        "data type",
        "channel type",
        "@meter/ @gsp / @nbp",
    ),
    QUALITY: (*ROLES[QUALITY], "est", "actual or estimate", "a/e", "reading type"),
    UNIT: ROLES[UNIT],
    MINUTES: ROLES[MINUTES],
}
_HARMLESS = frozenset(
    [
        "total",
        "total kwh",
        "total units",
        "grand total",
        "consumption",
        "consumption (kwh)",
        "sum hh consumption (for the day)",
        "consumption source",
        "generation type",
        "commodity",
        "data quality(% complete)",
        "profile class",
        "total consumption kwh",
        "max demand",
        "file received at",
    ]
)
"""What stands beside the half hours and says nothing of them: totals of the day, and whose they are."""
_FLAGS = ("# flag", "type", "flag", "dq flag", "data marker", "status", "read type", "quality")
_GB = Meaning(
    order="day",
    flows={"electricity": NO_FLOW, "@meter": NO_FLOW},
    qualities={"c": ESTIMATED},
)
"""Of the indicator C no public source says more than that it is not A."""


def _gb(*, stems: dict[str, tuple[Unit | None, Flow]], **said: object) -> Wide:
    return Wide(stems=stems, columns=_COLUMNS, harmless=_HARMLESS, ranked=True, meaning=_GB, **said)  # type: ignore[arg-type]


_EDF_PORTAL = frozenset(["settlement date", "24:00", "24:30"])
_EDF_HISTORIC = frozenset(["total kwh", "00:00", "type"])
_EON = frozenset(["30", "2400"])
_BGLOBAL = ("mpan core", "", "date", *(f"hh{number:02}" for number in range(1, 51)))

WIDE = (
    Layout(
        name="wide",
        title="Ours: a row for each day, columns hh01 to hh48 or hh50",
        where="Spreadsheets, programs of your own; British Gas, Drax, Brook Green and others (GB) name them so too",
        source="docs/ingestion.md",
        form=_gb(stems={"hh#": _ANY, "hh #": _ANY}, flags=(*_FLAGS, "hh#", "read typehh#")),
    ),
    Layout(
        name="wide-starts",
        title="A row for each day, columns named by the starts 00:00 to 23:30",
        where="SSE, IMServ, Orsis, British Gas and other collectors and suppliers (GB)",
        source=_SPARKS,
        form=_gb(stems={"#": _ANY}, named="start", flags=_FLAGS, unless=(_EDF_PORTAL, _EDF_HISTORIC)),
    ),
    Layout(
        name="wide-ends",
        title="A row for each day, columns named by the ends 00:30 to 24:00",
        where="Stark and SmartestEnergy portals, British Gas portal, IMServ DataVision, Entrust, Digital Energy (GB)",
        source=_SPARKS,
        form=_gb(stems={"#": _ANY}, named="end", flags=_FLAGS, unless=(_EON,)),
    ),
    Layout(
        name="edf-portal",
        title="EDF (GB) portal, reactive power and kWh combined",
        where="EDF Energy: My Business, half-hourly data, a row for each day and AI, RI or RE",
        source="https://github.com/WessexWater/chellow (chellow/e/hh_parser_edf_csv.py)",
        form=_gb(stems={"#": _ANY}, named="start", flags=("# act est",), marks=_EDF_PORTAL),
    ),
    Layout(
        name="edf-historic",
        title="EDF (GB), historic half-hourly data",
        where="EDF Energy: historic data by e-mail, a Type after each half hour; days of UTC or of London, as it says",
        source=_SPARKS,
        form=_gb(stems={"#": _ANY}, named="start", flags=("type",), marks=_EDF_HISTORIC),
    ),
    Layout(
        name="eon-weekly",
        title="E.ON (GB), weekly data",
        where="E.ON: half-hourly data by e-mail, columns 30, 100 to 2400",
        source=_SPARKS,
        form=_gb(stems={"#": _ANY}, named="end", marks=_EON),
    ),
    Layout(
        name="orsis",
        title="Columns [00:30] to [24:00]",
        where="Councils' energy systems (GB), such as Orsis and Bath's",
        source=_SPARKS,
        form=_gb(stems={"[#]": _ANY}, named="end", flags=_FLAGS),
    ),
    Layout(
        name="my-energy-coach",
        title="npower, My Energy Coach",
        where="npower Business Solutions (GB): columns kWh_1 to kWh_48, also with kVArh_1 to kVArh_48 beside them",
        source=_SPARKS,
        form=_gb(
            stems={
                "kwh #": (KWH, NO_FLOW),
                "kwh#": (KWH, NO_FLOW),
                "kvarh #": (UNITS["kvarh"], Flow(None, True)),
                "kvarh#": (UNITS["kvarh"], Flow(None, True)),
            },
            flags=_FLAGS,
        ),
    ),
    Layout(
        name="british-gas-dcda",
        title="British Gas, data collection and aggregation",
        where="British Gas (GB): columns interval_1 to interval_48, also with an indicator before each",
        source=_SPARKS,
        form=_gb(stems={"interval #": _ANY}, flags=("interval # indicator",)),
    ),
    Layout(
        name="h-starts",
        title="Columns H0000 to H2330",
        where="WME and other suppliers (GB)",
        source=_SPARKS,
        form=_gb(stems={"h#": _ANY, "reading#": _ANY}, named="start", flags=_FLAGS),
    ),
    Layout(
        name="h-ends",
        title="Columns H0030 to H2400",
        where="Total Gas & Power and other suppliers (GB)",
        source=_SPARKS,
        form=_gb(stems={"h#": _ANY}, named="end", flags=_FLAGS),
    ),
    Layout(
        name="corona",
        title="Columns ID1 to ID48",
        where="Corona Energy (GB): half-hourly data, by settlement date",
        source=_SPARKS,
        form=_gb(stems={"id#": _ANY, "id #": _ANY}),
    ),
    Layout(
        name="numbered",
        title="Columns 1 to 48 or 50",
        where="Corona Energy, Bryt and other suppliers (GB)",
        source=_SPARKS,
        form=_gb(stems={"#": _ANY}, flags=_FLAGS),
    ),
    Layout(
        name="perse",
        title="Columns P1 to P50, and UT1 to UT50",
        where="Perse (GB): half-hourly data of a portfolio",
        source=_SPARKS,
        form=_gb(stems={"p#": _ANY}, flags=("ut#",)),
    ),
    Layout(
        name="consumption-hh",
        title="Columns Consumption(KWh) HH1 to HH48",
        where="Total Gas & Power (GB): half-hourly report",
        source=_SPARKS,
        form=_gb(stems={"consumption(kwh) hh#": (KWH, NO_FLOW), "consumption (kwh) hh#": (KWH, NO_FLOW)}),
    ),
    Layout(
        name="crown",
        title="Columns Consumption 00:00 AM, and Estimated / Actual 00:00 AM",
        where="Crown Gas & Power (GB)",
        source=_SPARKS,
        form=_gb(stems={"consumption #": _ANY}, named="start", flags=("estimated / actual #",)),
    ),
    Layout(
        name="bglobal",
        title="bGlobal, without a header",
        where="bGlobal (GB): point, a column that says nothing, day, and 50 values",
        source="https://github.com/WessexWater/chellow (chellow/e/hh_parser_bg_csv.py)",
        form=_gb(stems={"hh#": (KWH, NO_FLOW)}, given=_BGLOBAL),
        assumed=("there is no header: point, a column without a meaning, day of the point's zone, and kWh",),
    ),
    Layout(
        name="home-assistant-energy",
        title="Home Assistant, energy dashboard",
        where="Home Assistant: energy dashboard, download data; a row for each sensor, a column for each interval",
        source="https://github.com/home-assistant/frontend/issues/21693",
        form=Wide(
            stems={},
            columns={POINT: ("entity id",), FLOW: ("type",), UNIT: ("unit",)},
            named="moment",
            marks=frozenset(["entity id", "type", "unit"]),
            meaning=Meaning(
                flows={
                    "grid consumption": Flow(False, False),
                    "grid return": Flow(True, False),
                }
            ),
        ),
        assumed=("columns are named by the starts of intervals",),
    ),
)
