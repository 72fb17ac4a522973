"""Layouts of lines of several kinds, and documents, each read by a machine of its own."""

from __future__ import annotations

import re

from core.energy.ingest.layouts.layout import Layout, Meaning, NoReadings, Records

_MACHINES = "core.energy.ingest.machines"
_DTC = rb"\s*ZHV\|[^|\r\n]*\|"

RECORDS = (
    Layout(
        name="nem12",
        title="NEM12, interval metering data",
        where="AEMO's market (AU): distributors' portals and retailers, often zipped",
        source="https://aemo.com.au/ (Meter Data File Format Specification NEM12 & NEM13)",
        form=Records(
            begins=re.compile(rb'\s*(?:"?100"?,"?NEM12|200,[A-Z0-9]{10,11},)', re.IGNORECASE),
            machine=f"{_MACHINES}.nem12:Nem12",
            meaning=Meaning(whole=True),
        ),
        assumed=("times are those of the market (+10:00), without daylight saving",),
    ),
    Layout(
        name="d0036",
        title="DTC flow D0036, half-hourly advances for settlement",
        where="GB industry: data collectors' flows (.usr)",
        source="https://dtc.mrasco.com/ (D0036)",
        form=Records(begins=re.compile(_DTC + rb"D0036"), machine=f"{_MACHINES}.dtc:D0036"),
        assumed=("days are those of London: 46 or 50 half hours where clocks change",),
    ),
    Layout(
        name="d0379",
        title="DTC flow D0379, half-hourly advances UTC",
        where="GB industry: market-wide half-hourly settlement",
        source="https://www.elexon.co.uk/ (D0379)",
        form=Records(begins=re.compile(_DTC + rb"D0379"), machine=f"{_MACHINES}.dtc:D0379"),
        assumed=("days are those of UTC",),
    ),
    Layout(
        name="stark-df2",
        title="Stark DF2",
        where="Stark (GB): data collection, .df2 by e-mail",
        source="https://github.com/WessexWater/chellow (chellow/e/hh_parser_df2.py)",
        form=Records(begins=re.compile(rb"\s*#(?:F2|O )", re.IGNORECASE), machine=f"{_MACHINES}.df2:Df2"),
        assumed=("times are the ends of half hours, in UTC",),
    ),
    Layout(
        name="green-button-xml",
        title="Green Button, ESPI XML",
        where="Utilities of the United States and Canada: Green Button, download my data",
        source="https://www.naesb.org/ (REQ.21 ESPI), https://green-button.github.io/developers/",
        form=Records(
            begins=re.compile(rb"\s*<[^>]*>?[\s\S]{0,60000}?(?:http://naesb\.org/espi|<(?:\w+:)?IntervalReading)"),
            machine=f"{_MACHINES}.espi:Espi",
            document=True,
            asks=True,
        ),
    ),
    Layout(
        name="octopus-json",
        title="Octopus Energy, REST API",
        where="Octopus Energy (GB): /v1/electricity-meter-points/{mpan}/meters/{serial}/consumption/",
        source="https://developer.octopus.energy/rest/guides/endpoints",
        form=Records(
            begins=re.compile(rb'\s*\{[\s\S]{0,2000}?"results"\s*:\s*\[\s*(?:\]|\{[^{}]*"interval_start")'),
            machine=f"{_MACHINES}.pages:Octopus",
            document=True,
            asks=True,
        ),
    ),
    Layout(
        name="n3rgy-json",
        title="n3rgy, consumer data of the DCC",
        where="n3rgy (GB): smart meter data service, JSON",
        source="https://github.com/Energy-Sparks/energy-sparks (app/services/amr/n3rgy_downloader.rb)",
        form=Records(
            begins=re.compile(rb'\s*\{[\s\S]{0,4000}?"devices"\s*:\s*\[[\s\S]{0,4000}?"primaryValue"'),
            machine=f"{_MACHINES}.pages:N3rgy",
            document=True,
            meaning=Meaning(stamp="end", zone="UTC", minutes=30),
        ),
        assumed=("times are the ends of half hours, in UTC",),
    ),
    Layout(
        name="nem13",
        title="NEM13, accumulation metering data",
        where="AEMO's market (AU): meters without intervals",
        source="https://aemo.com.au/ (Meter Data File Format Specification NEM12 & NEM13)",
        form=NoReadings(
            reason="the file is NEM13: what registers showed months apart, and no intervals; ask for NEM12",
            begins=re.compile(rb'\s*(?:"?100"?,"?NEM13|250,[A-Z0-9]{10,11},)', re.IGNORECASE),
        ),
    ),
    Layout(
        name="home-assistant-history",
        title="Home Assistant, history",
        where="Home Assistant: history, download data",
        source="https://github.com/home-assistant/core/issues/116985",
        form=NoReadings(
            reason="the file is Home Assistant's history: what a sensor showed, mostly a register, and not the energy "
            "of intervals; download the data of the energy dashboard",
            begins=re.compile(rb"\s*\"?entity_id\"?,\"?state\"?,\"?last_changed"),
        ),
    ),
)
