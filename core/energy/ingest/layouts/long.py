"""Layouts with a row for each interval. Names are normal ones: small letters, single spaces (`words.normal`)."""

from __future__ import annotations

from core.energy.ingest.layouts.layout import Layout, Long, Meaning
from core.energy.ingest.words import (
    DATE,
    END,
    END_TIME,
    FLOW,
    KWH,
    MINUTES,
    NO_FLOW,
    PART,
    POINT,
    QUALITY,
    ROLES,
    STAMP,
    START,
    START_TIME,
    UNIT,
    UNITS,
    Flow,
)
from core.energy.readings.reading import ACTUAL, ESTIMATED, SUBSTITUTED

_IN, _OUT = Flow(out=False), Flow(out=True)
_POINTS = ROLES[POINT]
_OCTOPUS = frozenset(["consumption (kwh)", "start", "end"])
_HDF = {
    f"active {name} interval ({unit})": (flow, UNITS[unit])
    for name, flow in (("import", Flow(False, False)), ("export", Flow(True, False)))
    for unit in ("kw", "kwh")
}
_NEM_SUFFIXES = {
    f"{letter}{number}": Flow(out, reactive)
    for letter, out, reactive in (("e", False, False), ("b", True, False), ("q", False, True), ("k", True, True))
    for number in range(1, 10)
}

LONG = (
    Layout(
        name="long",
        title="Ours: a row for each interval",
        where="Exports of this system, spreadsheets, programs of your own",
        source="docs/ingestion.md",
        form=Long(columns=ROLES, unless=_OCTOPUS, meaning=Meaning(stamp=None)),
    ),
    Layout(
        name="octopus-csv",
        title="Octopus Energy, download of consumption or export",
        where="Octopus Energy (GB): account, Get your geek on, download your data; with or without columns of costs",
        source="https://github.com/BottlecapDave/HomeAssistant-OctopusEnergy",
        form=Long(
            columns={POINT: _POINTS, START: ("start",), END: ("end",)},
            marks=_OCTOPUS,
            needs=(START, END),
            values={"consumption (kwh)": (KWH, NO_FLOW)},
        ),
        assumed=("half hours that are left out are gaps, though some downloads leave out those of zero",),
    ),
    Layout(
        name="chellow-simple",
        title="Chellow's simple CSV",
        where="Chellow (GB): half-hourly data import, and who writes files for it",
        source="https://github.com/WessexWater/chellow (chellow/e/hh_parser_simple_csv.py)",
        form=Long(
            columns={POINT: ("mpan core",), STAMP: ("time",), FLOW: ("channel type",), QUALITY: ("status",)},
            marks=frozenset(["mpan core", "channel type", "time", "value"]),
            values={"value": (KWH, NO_FLOW)},
            meaning=Meaning(zone="UTC", flows={"reactive imp": Flow(False, True), "reactive exp": Flow(True, True)}),
        ),
        assumed=("times are the starts of half hours, in UTC",),
    ),
    Layout(
        name="edf-email",
        title="EDF (GB), half-hourly data by e-mail",
        where="EDF Energy: the attachment of the half-hourly data e-mail (UTF-16, sep= in the first line)",
        source="https://github.com/Energy-Sparks/energy-sparks (spec/fixtures/amr_highlands)",
        form=Long(
            columns={POINT: ("mpr", "mpn", "mpan"), STAMP: ("read datetime",), QUALITY: ("read type",)},
            marks=frozenset(["read datetime", "kwh", "read type"]),
            needs=(POINT,),
            ranked=True,
            values={"kwh": (KWH, NO_FLOW)},
            meaning=Meaning(stamp="end", zone="Europe/London", order="day", minutes=30),
        ),
        assumed=("times are the ends of half hours, in London",),
    ),
    Layout(
        name="datavision",
        title="IMServ DataVision, a row for each half hour",
        where="IMServ (GB): DataVision, custom report",
        source="https://github.com/Energy-Sparks/energy-sparks (lib/tasks/deployment)",
        form=Long(
            columns={POINT: ("mpan", "mpan core"), STAMP: ("date/time",), QUALITY: ("data quality",)},
            marks=frozenset(["date/time", "energy (kwh)", "data quality"]),
            needs=(POINT,),
            ranked=True,
            values={"energy (kwh)": (KWH, NO_FLOW)},
            meaning=Meaning(stamp="end", zone="Europe/London", order="day", minutes=30),
        ),
        assumed=("times are the ends of half hours, in London",),
    ),
    Layout(
        name="opus",
        title="Opus Energy, a row for each settlement period",
        where="Opus Energy (GB): half-hourly report",
        source="https://github.com/Energy-Sparks/energy-sparks (lib/tasks/deployment)",
        form=Long(
            columns={
                POINT: ("mpancore", "mpan core"),
                START: ("sett date",),
                START_TIME: ("sett period",),
                FLOW: ("type",),
            },
            marks=frozenset(["sett date", "sett period", "meter read"]),
            needs=(POINT,),
            ranked=True,
            values={"meter read": (KWH, NO_FLOW)},
            meaning=Meaning(zone="Europe/London", order="day", minutes=30, counted=30),
        ),
        assumed=("settlement periods are counted from 1 within the day of London",),
    ),
    Layout(
        name="esb-hdf",
        title="ESB Networks, harmonised downloadable file (HDF)",
        where="ESB Networks (IE): My Account, Downloads, 30-minute readings in kW or in calculated kWh",
        source="https://github.com/dresdner353/energyutils (ESB_HDF_READER.md)",
        form=Long(
            columns={POINT: ("mprn",), STAMP: ("read date and end time",), FLOW: ("read type",)},
            marks=frozenset(["mprn", "read value", "read type", "read date and end time"]),
            values={"read value": (None, NO_FLOW)},
            harmless=frozenset(["meter serial number"]),
            meaning=Meaning(
                stamp="end",
                zone="Europe/Dublin",
                order="day",
                minutes=30,
                flows={word: flow for word, (flow, _) in _HDF.items()},
                units={word: unit for word, (_, unit) in _HDF.items()},
            ),
        ),
        assumed=("times are the ends of half hours, in Dublin",),
    ),
    Layout(
        name="green-button-csv",
        title="Green Button CSV",
        where="PG&E, ComEd, PECO, SDG&E, Seattle City Light and other utilities (US): Green Button, export as CSV",
        source="https://green-button.github.io/developers/",
        form=Long(
            columns={
                START: ("date",),
                START_TIME: ("start time",),
                END_TIME: ("end time",),
                FLOW: ("type",),
                UNIT: ("units",),
                QUALITY: ("notes",),
            },
            marks=frozenset(["type", "date", "start time", "end time"]),
            values={
                "usage": (None, _IN),
                "usage (kwh)": (KWH, _IN),
                "import (kwh)": (KWH, _IN),
                "export (kwh)": (KWH, _OUT),
            },
            several=True,
            short=True,
            harmless=frozenset(["total import cost", "total export credit (=a+b+c)"]),
            meaning=Meaning(order="month", last=True, flows={"electric usage": Flow(None, False)}),
        ),
        assumed=("an end names the last minute of its interval",),
    ),
    Layout(
        name="sce",
        title="Southern California Edison, interval data",
        where="SCE (US): Data sharing and download, CSV, with delivered and received energy",
        source="https://www.sce.com/ (Green Button download)",
        form=Long(
            columns={
                START: ("energy consumption time period start",),
                END: ("energy consumption time period end",),
            },
            marks=frozenset(["energy consumption time period start", "energy consumption time period end"]),
            values={"delivered": (KWH, _IN), "received": (KWH, _OUT)},
            several=True,
            harmless=frozenset(ROLES[DATE]),
            meaning=Meaning(order="month"),
        ),
        assumed=("values are kWh",),
    ),
    Layout(
        name="sce-former",
        title="Southern California Edison, interval data of before",
        where="SCE (US): Green Button download, CSV",
        source="https://www.sce.com/ (Green Button download)",
        form=Long(
            columns={
                START: ("energy consumption time period", "energy delivered time period"),
                END: ("energy consumption time period", "energy delivered time period"),
                QUALITY: ("reading quality",),
            },
            marks=frozenset(["usage(real energy in kilowatt-hours)"]),
            needs=(START,),
            values={"usage(real energy in kilowatt-hours)": (KWH, _IN)},
            span=True,
            short=True,
        ),
    ),
    Layout(
        name="sdge",
        title="San Diego Gas & Electric, electric meters",
        where="SDG&E (US): My Energy, Green Button, CSV export of electric meters",
        source="https://www.sdge.com/ (Green Button download)",
        form=Long(
            columns={
                POINT: ("meter number",),
                START: ("date",),
                START_TIME: ("start time",),
                MINUTES: ("duration",),
            },
            marks=frozenset(["meter number", "date", "start time", "duration", "consumption", "generation"]),
            values={"consumption": (KWH, _IN), "generation": (KWH, _OUT)},
            several=True,
            harmless=frozenset(["net"]),
            meaning=Meaning(order="month"),
        ),
        assumed=("values are kWh; the net of both is left out",),
    ),
    Layout(
        name="enedis",
        title="Enedis, load curve",
        where="Enedis (FR): mon compte particulier, courbe de charge (CSV)",
        source="https://github.com/bokub/ha-linky, https://github.com/hekmon/edfbleu",
        form=Long(
            columns={STAMP: ("horodate", "horodate iso fin de pas")},
            needs=(STAMP,),
            values={"valeur": (None, NO_FLOW), "puissance moyenne (w)": (UNITS["w"], NO_FLOW)},
            above={
                POINT: ("identifiant prm",),
                UNIT: ("unite", "unité"),
                MINUTES: ("pas en minutes",),
                FLOW: ("grandeur metier", "grandeur métier"),
            },
            meaning=Meaning(
                stamp="end", zone="Europe/Paris", flows={"consommation": _IN, "production": _OUT, "injection": _OUT}
            ),
        ),
        assumed=("times are the ends of intervals, and values the mean power over them",),
    ),
    Layout(
        name="datadis",
        title="Datadis and Spanish distributors, hourly consumption",
        where="Datadis, CNMC, e-distribución (ES): download of hourly consumption (CSV)",
        source="https://datadis.es/, https://github.com/uvejota/homeassistant-edata",
        form=Long(
            columns={
                POINT: ("cups",),
                START: ("fecha", "data"),
                START_TIME: ("hora",),
                QUALITY: ("metodo obtencion", "real/estimado", "lectura real/estimada"),
            },
            needs=(POINT, START, START_TIME),
            values={
                "consumo kwh": (KWH, _IN),
                "consumo": (KWH, _IN),
                "ae kwh": (KWH, _IN),
                "as kwh": (KWH, _OUT),
                "energia vertida kwh": (KWH, _OUT),
            },
            several=True,
            short=True,
            harmless=frozenset(["energia generada kwh", "energia autoconsumida kwh", "ae autocons kwh"]),
            meaning=Meaning(
                stamp="end",
                zone="Europe/Madrid",
                order="day",
                minutes=60,
                counted=60,
                decimal=",",
                qualities={"r": ACTUAL, "real": ACTUAL, "estimado": ESTIMATED, "estimada": ESTIMATED},
            ),
        ),
        assumed=("an hour is counted by its end, from 1 within the day of Madrid",),
    ),
    Layout(
        name="fluvius",
        title="Fluvius, quarter hours",
        where="Fluvius (BE): Mijn Fluvius, verbruikshistoriek, kwartiertotalen (CSV)",
        source="https://mijn.fluvius.be/ (verbruikshistoriek)",
        form=Long(
            columns={
                POINT: ("ean-code",),
                START: ("van (datum)",),
                START_TIME: ("van (tijdstip)",),
                END: ("tot (datum)",),
                END_TIME: ("tot (tijdstip)",),
                FLOW: ("register",),
                PART: ("register",),
                UNIT: ("eenheid",),
                QUALITY: ("validatiestatus",),
            },
            marks=frozenset(["van (datum)", "van (tijdstip)", "tot (datum)", "tot (tijdstip)", "register", "volume"]),
            values={"volume": (None, NO_FLOW)},
            short=True,
            meaning=Meaning(
                zone="Europe/Brussels",
                order="day",
                decimal=",",
                flows={
                    "afname dag": Flow(False, False),
                    "afname nacht": Flow(False, False),
                    "afname actief": Flow(False, False),
                    "injectie dag": Flow(True, False),
                    "injectie nacht": Flow(True, False),
                    "injectie actief": Flow(True, False),
                },
                qualities={"uitgelezen": ACTUAL, "gevalideerd": ACTUAL, "geen verbruik": ACTUAL, "geschat": ESTIMATED},
            ),
        ),
        assumed=("the registers of day and night are added", "times are those of Brussels"),
    ),
    Layout(
        name="agl",
        title="AGL, my usage data",
        where="AGL (AU): My Account, download usage data",
        source="https://www.agl.com.au/ (MyUsageData)",
        form=Long(
            columns={
                POINT: ("nmi",),
                START: ("start date",),
                END: ("end date",),
                FLOW: ("register code",),
                PART: ("register code",),
                QUALITY: ("quality flag",),
            },
            marks=frozenset(["nmi", "register code", "start date", "end date", "profile read value"]),
            values={"profile read value": (KWH, NO_FLOW)},
            harmless=frozenset(["device type", "rate type description", "register read value"]),
            meaning=Meaning(
                order="day", last=True, whole=True, zone="+10:00", flows=_NEM_SUFFIXES, qualities={"f": SUBSTITUTED}
            ),
        ),
        assumed=("times are those of the market (+10:00)", "registers of one direction are added"),
    ),
    Layout(
        name="low-carbon-london",
        title="Low Carbon London, smart meter trial",
        where="UK Power Networks' open data of the trial (London Datastore)",
        source="https://data.london.gov.uk/dataset/smartmeter-energy-use-data-in-london-households",
        form=Long(
            columns={POINT: ("lclid",), STAMP: ("date time",)},
            marks=frozenset(["lclid", "kwh/hh (per half hour)"]),
            needs=(STAMP,),
            values={"kwh/hh (per half hour)": (KWH, NO_FLOW)},
            harmless=frozenset(["stdor tou"]),
            meaning=Meaning(stamp=None),
        ),
    ),
    Layout(
        name="lv-feeder",
        title="Smart meter data by low-voltage feeder",
        where="Open data of SSEN, National Grid, Northern Powergrid and UK Power Networks (GB)",
        source="https://data.ssen.co.uk/ (smart meter LV feeder usage)",
        form=Long(
            columns={POINT: ("dataset id",), STAMP: ("data collection log timestamp",)},
            marks=frozenset(["dataset id", "data collection log timestamp"]),
            values={
                "total consumption active import": (UNITS["wh"], Flow(False, False)),
                "total consumption reactive import": (UNITS["varh"], Flow(False, True)),
            },
            several=True,
            harmless=frozenset(
                [
                    "aggregated device count active",
                    "aggregated device count reactive",
                    "primary consumption active import",
                    "secondary consumption active import",
                    "primary consumption reactive import",
                    "secondary consumption reactive import",
                    "insert time",
                    "last modified time",
                ]
            ),
            meaning=Meaning(stamp=None, minutes=30),
        ),
        assumed=("values are Wh of many customers together",),
    ),
)
