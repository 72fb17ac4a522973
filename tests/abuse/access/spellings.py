"""Odd ways to write the name of another's account into a path, by what they hope for."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

OVERLONG = {"two bytes": (0xC0, 2), "three bytes": (0xE0, 3), "four bytes": (0xF0, 4)}
HOMOGLYPHS = str.maketrans("KeraoipcxyS", "Кеrаоірсху\u0405")
BOLD = {letter: chr(0x1D400 + place) for place, letter in enumerate("ABCDEFGHIJKLMNOPQRSTUVWXYZ")}


@dataclass(frozen=True)
class Spelling:
    kind: str
    name: str
    text: str


def spellings(own: str, other: str) -> tuple[Spelling, ...]:
    """Spellings of `other` for somebody who may do all with `own`, of which none leads to either."""
    found = (Spelling(kind, name, text) for kind, texts in _texts(own, other).items() for name, text in texts.items())
    return tuple({spelling.text: spelling for spelling in found}.values())


def percent(text: str, *, lower: bool = False) -> str:
    """Every byte of a text percent-encoded."""
    encoded = "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))
    return encoded.lower() if lower else encoded


def overlong(letter: str, lead: int, length: int) -> str:
    """A letter of ASCII in more bytes than UTF-8 allows, percent-encoded."""
    code = ord(letter)
    rest = [0x80 | (code >> 6 * place & 0x3F) for place in reversed(range(length - 1))]
    return "".join(f"%{byte:02X}" for byte in (lead | code >> 6 * (length - 1), *rest))


def _texts(own: str, other: str) -> Mapping[str, Mapping[str, str]]:
    first, rest = other[0], other[1:]
    wide = "".join(chr(ord(letter) + 0xFEE0) for letter in other)
    plain = {"plain": other, "first letter encoded": percent(first) + rest, "encoded": percent(other)}
    encoded = {
        **plain,
        "encoded in small letters": percent(other, lower=True),
        "encoded twice": percent(other).replace("%", "%25"),
        "encoded three times": percent(other).replace("%", "%2525"),
        "one letter twice": f"%25{ord(first):02X}{rest}",
        "a stray %": f"%{other}",
        "a stray % at the end": f"{other}%",
        "no hexadecimal": f"%zz{other}",
        "half a byte": f"{other}%4",
        "as JavaScript escaped it": f"%u{ord(first):04x}{rest}",
        "as HTML has it": f"&%23{ord(first)};{rest}",
        "in quotes": f'"{other}"',
        "in encoded quotes": f"%22{other}%22",
        "in brackets": f"[{other}]",
        "in braces": f"{{{other}}}",
    }
    return {
        "encoding": encoded,
        "case": {
            "other in small letters": other.lower(),
            "other in capitals": other.upper(),
            "other swapped": other.swapcase(),
            "own in small letters": own.lower(),
            "own in capitals": own.upper(),
            "own and a letter more": f"{own}X",
            "own but for a letter": own[:-1],
        },
        "dots": dict(_dots(own, other)),
        "slashes": {
            "before it": f"/{other}",
            "two before it": f"//{other}",
            "after it": f"{other}/",
            "two after it": f"{other}//",
            "encoded before it": f"%2f{other}",
            "encoded after it": f"{other}%2F",
            "own before it": f"{own}/{other}",
            "own and an encoded one": f"{own}%2f{other}",
            "backslash": f"{own}\\{other}",
            "encoded backslash": f"{own}%5c{other}",
            "a backslash after it": f"{other}\\",
            "division slash": f"{own}{percent(chr(0x2215))}{other}",
            "fullwidth slash": f"{own}{percent(chr(0xFF0F))}..{percent(chr(0xFF0F))}{other}",
        },
        "ends": dict(_ends(other)),
        "lists": {
            f"{own!r} {name} {other!r}": f"{own}{by}{other}"
            for name, by in {
                "comma": ",",
                "encoded comma": "%2c",
                "semicolon": ";",
                "encoded semicolon": "%3b",
                "bar": "|",
                "and": "&",
                "plus": "+",
                "space": "%20",
                "nothing": "%00",
                "line": "%0a",
                "carriage return and line": "%0d%0a",
                "tab": "%09",
                "colon": ":",
                "at": "@",
                "is": "=",
            }.items()
        },
        "wildcards": {
            "all": "*",
            "all encoded": "%2a",
            "all encoded twice": "%252a",
            "all and all": "**",
            "a beginning and all": f"{other[:3]}*",
            "one letter": f"%3f{rest}",
            "of SQL": f"{other[:3]}%25",
            "one of SQL": f"_{rest}",
            "any of a pattern": ".*",
            "a set of a pattern": f"[{first}]{rest}",
            "either of a pattern": f"({own}|{other})",
            "null": "null",
            "undefined": "undefined",
            "true": "true",
            "nothing of a place": "{account}",
        },
        "alphabets": {
            "fullwidth": percent(wide),
            "fullwidth as it is": wide,
            "letters that look alike": percent(other.translate(HOMOGLYPHS)),
            "bold": percent("".join(BOLD.get(letter, letter) for letter in other)),
            "the sign of Kelvin": percent(other.replace("K", "\u212a")),
            "a long s": percent(other.replace("s", "\u017f")),
            "no dot on the i": percent(other.replace("i", "\u0131")),
            "a dot on the I": percent(other.replace("i", "\u0130")),
            "an accent of its own": f"{other}{percent(chr(0x301))}",
            "an accent composed": percent(unicodedata.normalize("NFC", other.replace("e", "e\u0301"))),
            "an accent apart": percent(unicodedata.normalize("NFD", other.replace("e", "\u00e9"))),
            "another hyphen": percent(other.replace("-", "\u2010")),
            "a soft hyphen": f"{other}{percent(chr(0xAD))}",
            "from right to left": f"{percent(chr(0x202E))}{other[::-1]}",
            "a digit of another alphabet": percent(other.replace("7", "\u0667")),
            "a superscript": percent(other.replace("7", "\u2077")),
            "half a surrogate": f"{other}%ED%A0%80",
            "no UTF-8": f"{other}%FF",
            "a byte as it is": f"{other}\udcff",
            "UTF-16": "".join(f"%00%{ord(letter):02X}" for letter in other),
            "UTF-7": f"+AEs-{rest}",
            **{f"a letter in {name}": overlong(first, *how) + rest for name, how in OVERLONG.items()},
            **{
                f"dots and slashes in {name}": own
                + overlong("/", *how)
                + overlong(".", *how) * 2
                + overlong("/", *how)
                + other
                for name, how in OVERLONG.items()
            },
        },
        "length": {
            "nothing": "",
            "1 KB": (other * 1000)[:1000],
            "64 letters": (other + "-" * 64)[:64],
            "7 KB": (other * 7000)[:7000],
            "70 KB": (other * 70_000)[:70_000],
            "a thousand folders": "a/../" * 300 + other,
        },
    }


def _dots(own: str, other: str) -> Iterator[tuple[str, str]]:
    for up in ("..", "%2e%2e", ".%2e", "%252e%252e", "..;", "..;x=y", "...", "....", "..%00", "..%20"):
        for slash in ("/", "%2f", "%252f", "\\", "%5c"):
            yield f"own, {up} by {slash}", f"{own}{slash}{up}{slash}{other}"
    yield "here", f"./{other}"
    yield "here, encoded", f"%2e/{other}"
    yield "here, all encoded", f".%2f{other}"
    yield "own, here", f"{own}/./{other}"
    yield "own, two slashes", f"{own}/..//{other}"
    yield "own, here and up", f"{own}/./../{other}"
    yield "up and back", f"../accounts/{other}"
    yield "up and back, encoded", f"..%2faccounts%2f{other}"
    yield "up twice and back", f"{own}/../../accounts/{other}"
    yield "from a document of its own", f"{own}%2fsettings%2f..%2f..%2f{other}"
    yield "a document of the store", f"..%2Fsettings%2F{other}.json"
    yield "from the root", f"%2fapi%2faccounts%2f{other}"


def _ends(other: str) -> Iterator[tuple[str, str]]:
    ends = ("%20", "%09", "%00", "%0a", "%0d%0a", "%0b", "%0c", "%7f", "%c2%a0", "%e2%80%8b", "%ef%bb%bf", "%e2%80%a8")
    for end in (*ends, ".", "%2e", "..", ";", ";x=1", "%3b", ",", ":", "+", "~", "!", "%3f", "%23", "%3fx=1", "%26x=1"):
        yield f"{end} after it", f"{other}{end}"
    for end in (*ends, ".", ";", "+", "~", "@", "-", "_"):
        yield f"{end} before it", f"{end}{other}"
    for end in (".json", "%2ejson", "/.json", ".csv", "%00.json", "%0aX: y"):
        yield f"{end} after it", f"{other}{end}"
