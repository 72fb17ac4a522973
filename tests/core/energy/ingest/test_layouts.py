"""What files of others must not say unheard: units in a column of types, second tables, shorter steps, flags of no reading."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from core.energy.ingest.look import Held, Look, each
from core.energy.readings.sources import Source
from tests.core.energy.ingest.files import MPAN

RECEIVED = datetime(2026, 11, 1, tzinfo=UTC)
STARTS = [f"{n // 2:02}:{n % 2 * 30:02}" for n in range(48)]
ENDS = [*STARTS[1:], "24:00"]


def look(text: str, **said: object) -> Look:
    (found,) = each(Held(text.encode()), Source(files="*", **said) if said else None, RECEIVED)  # type: ignore[arg-type]
    return found


def day(columns: str, row: str, names: list[str], value: str = "0.5") -> str:
    return f"{columns},{','.join(names)}\n{row},{','.join([value] * 48)}\n"


@pytest.mark.parametrize(
    ("type_", "value", "total"),
    [("KWH", "0.5", "24"), ("Wh", "500", "24"), ("MWh", "0.005", "240"), ("kW", "0.5", "12"), ("KVARH", "0.5", "24")],
)
def test_a_unit_in_a_column_of_types_is_the_values(type_: str, value: str, total: str) -> None:
    found = look(day("Site Id,Data Type,Reading Date", f"{MPAN},{type_},15/07/26", STARTS, value))
    assert [(series.channel, series.sum) for series in found.series] == [
        ("reactive-import" if type_ == "KVARH" else "import", total)
    ]


def test_two_columns_that_name_other_units_have_their_row_rejected() -> None:
    found = look(f"point,start,channel,kwh\n{MPAN},2026-01-01T00:00:00Z,Wh,500\n")
    assert "one column says Wh, and another kWh" in (found.refused or "")


ENEDIS = (
    "Identifiant PRM;Type de donnees;Date de debut;Date de fin;Grandeur physique;Grandeur metier;Etape metier;Unite;"
    "Pas en minutes\n30001234567890;{};15/01/2026;16/01/2026;Energie active;{};Comptage Brut;{};30\nHorodate;Valeur\n"
)


def curve(kind: str = "Courbe de charge", what: str = "Consommation", unit: str = "W") -> str:
    rows = [f"2026-01-15T{(n + 1) // 2:02}:{(n + 1) % 2 * 30:02}:00+01:00;{200 + n % 5}\n" for n in range(40)]
    return ENEDIS.format(kind, what, unit) + "".join(rows)


@pytest.mark.parametrize(
    "second",
    [
        curve(what="Production"),
        curve("Puissance maximale quotidienne", unit="VA"),
        curve().replace("1234567890", "9999999999"),
    ],
    ids=["of production", "of the highest power", "of another point"],
)
def test_a_second_table_of_enedis_is_not_more_of_the_first(second: str) -> None:
    found = look(curve() + second)
    assert "is another header" in (found.refused or "")


def test_a_footer_of_enedis_costs_nothing_but_its_lines() -> None:
    found = look(curve() + "Periode;Identifiant calendrier;Libelle\n2026;DI000003;Heures creuses\n")
    assert (found.refused, found.rejected, found.count) == (None, 2, 40)


def test_what_was_received_is_not_taken_for_what_was_delivered() -> None:
    head = "Energy {} time period,Usage(Real energy in kilowatt-hours),Reading quality\n"
    rows = "".join(f'"2026-01-15 {n:02}:00:00 to 2026-01-15 {n + 1:02}:00:00","0.{50 + n}",""\n' for n in range(20))
    text = head.format("Delivered") + rows + head.format("Received") + rows
    assert "is another header" in (look(text, point=MPAN, zone="UTC").refused or "")


@pytest.mark.parametrize(
    "hours",
    [[f"{(n + 1) // 4:02}:{(n + 1) % 4 * 15:02}" for n in range(96)], [str(n + 1) for n in range(96)]],
    ids=["by the clock", "by number"],
)
def test_quarters_of_an_hour_are_not_landed_in_part(hours: list[str]) -> None:
    rows = "".join(f"ES0021000000000001AA;2026/01/15;{hour};0,1;R\n" for hour in hours)
    found = look("CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n" + rows)
    assert "shorter intervals than such files have" in (found.refused or "")


def test_hours_that_are_counted_from_0_are_refused() -> None:
    rows = "".join(f"ES0021000000000001AA;2026/01/15;{hour:02}:00;0,1;R\n" for hour in range(24))
    found = look("CUPS;Fecha;Hora;Consumo_kWh;Metodo_obtencion\n" + rows)
    assert "counted from 0" in (found.refused or "")


def test_values_at_another_boundary_than_the_meter_are_rejected() -> None:
    names = [f"Consumption(KWh) HH{n}" for n in range(1, 49)]
    head = "MPAN,@Meter/ @GSP / @NBP,Date,Sum HH Consumption (for the day),Actual or Estimate,Measurement Quantity ID"
    assert look(day(head, f"{MPAN},@Meter,15/07/2026,24,A,AI", names)).count == 48
    assert look(day(head, f"{MPAN},@NBP,15/07/2026,24,A,AI", names)).count == 0


def test_a_zero_that_is_flagged_as_no_reading_is_a_gap() -> None:
    names = [name for start in STARTS for name in (start, "DQ Flag")]
    cells = ["0.5", "A"] * 46 + ["0", "-"] * 2
    found = look(f"MPAN,Reading Date,{','.join(names)}\n{MPAN},15/07/2026,{','.join(cells)}\n")
    assert (found.count, found.gaps, found.rejected) == (46, 2, 0)


@pytest.mark.parametrize(
    ("head", "row", "names"),
    [
        ("CustomerNumber,MeterPoint,Unit,ReadDateUK", f"1,{MPAN},kWh,15/07/2026", [f"HH{n}" for n in range(1, 49)]),
        (
            "ID,Date,Type,Units,Total Units,MPAN",
            f"1,Nov 13 2019 12:00AM,Electricity,kWh,24,{MPAN}",
            [f"[{e}]" for e in ENDS],
        ),
        ("Client,MPAN,ReadingType,Units,Date", f"A,{MPAN},Actual,kWh,15/07/2026", [*ENDS[:-1], "00:00"]),
        ("Type,MPAN,Reading Date,Consumption (kWh),Meter Read Type", f"Electricity,{MPAN},15/07/2026,24,AI", ENDS),
        ("Meter Id,Meter Reference,Meter Serial Number,Date", f"1,{MPAN},E1,15/07/2026", ENDS),
        (
            "MPAN,DATE",
            f"{MPAN},15/07/2026",
            [f"{(n + 1) // 2}{(n + 1) % 2 * 30:02}".removeprefix("0") for n in range(48)],
        ),
        (
            "id,MPAN,Date",
            f"1,{MPAN},15/07/2026",
            [f"{(n // 2 - 1) % 12 + 1}:{n % 2 * 30:02} {'AM' if n < 24 else 'PM'}" for n in range(48)],
        ),
    ],
    ids=["Brook Green", "Orsis", "WME", "British Gas portal", "Entrust", "E.ON", "a clock of 12 hours"],
)
def test_a_supplier_s_day_lands(head: str, row: str, names: list[str]) -> None:
    found = look(day(head, row, names))
    assert (found.refused, found.count) == (None, 48)
    assert [series.channel for series in found.series] == ["import"]


def test_a_day_that_is_read_month_first_has_its_file_refused() -> None:
    found = look(day("MPAN,Date", f"{MPAN},07/15/2026", [f"HH{n}" for n in range(1, 49)]))
    assert "has its month first" in (found.refused or "")
