"""Prints what bytecode in a folder is not that of its source: `python3.13 bytecode.py FOLDER`."""

import marshal
import sys
from importlib.util import MAGIC_NUMBER, cache_from_source
from pathlib import Path
from types import CodeType

# Which of the release's own compiler are left out: its instructions, and the tables that say where those are.
ALIKE = ("co_name", "co_qualname", "co_filename", "co_names", "co_varnames", "co_freevars", "co_cellvars", "co_flags")
ALIKE += ("co_firstlineno", "co_argcount", "co_posonlyargcount", "co_kwonlyargcount")


def told(value: object) -> object:
    if isinstance(value, CodeType):
        return (*(getattr(value, name) for name in ALIKE), tuple(map(told, value.co_consts)))
    if isinstance(value, tuple | frozenset):
        return type(value)(map(told, value))
    return type(value), repr(value)


root = Path(sys.argv[1])
for source in sorted(root.rglob("*.py")):
    name = source.relative_to(root)
    kept = Path(cache_from_source(str(source))).read_bytes()
    made = compile(source.read_bytes(), str(name), "exec", dont_inherit=True)
    if kept[:4] != MAGIC_NUMBER or told(marshal.loads(kept[16:])) != told(made):
        print(name)
