"""The commands: the sessions by what noxfile.py says of each, and `trefoil` by its own parser."""

from __future__ import annotations

import argparse
import ast
from pathlib import Path

from adapters.local.__main__ import parser_of
from core import DEFAULT_FUNCTIONS
from core.kernel.functions import load
from tools.docs.tables import code, table

NOXFILE = Path(__file__).parents[2] / "noxfile.py"


def sessions() -> str:
    return table(("session", "does"), ((code(f"nox -s {name}"), said) for name, said in declared().items()))


def declared() -> dict[str, str]:
    """Each session's name with its docstring, without running noxfile.py, which needs nox."""
    found = {}
    for node in ast.parse(NOXFILE.read_text()).body:
        if not isinstance(node, ast.FunctionDef):
            continue
        sessions = [one for one in node.decorator_list if "nox.session" in ast.unparse(one)]
        if sessions:
            said = ast.get_docstring(node)
            if not said:
                raise ValueError(f"the session {node.name} of noxfile.py has no docstring")
            found[_name(sessions[0]) or node.name] = " ".join(said.split())
    return found


def _name(session: ast.expr) -> str | None:
    """Where a session has another name than its function, as one that would hide a built-in has."""
    given = session.keywords if isinstance(session, ast.Call) else []
    return next((str(ast.literal_eval(one.value)) for one in given if one.arg == "name"), None)


def trefoil() -> str:
    """Each command with its verbs and options."""
    parser = parser_of(load(DEFAULT_FUNCTIONS))
    before = f"Before the command: {'; '.join(_options(parser))}.\n"
    return "\n".join((before, *(_command(*one) for one in _below(parser))))


def _command(name: str, said: str, parser: argparse.ArgumentParser) -> str:
    verbs = [(f"{name} {verb}", does, below) for verb, does, below in _below(parser)] or [(name, "", parser)]
    rows = ((code(_with_arguments(f"trefoil {verb}", below)), _sentence(does, below)) for verb, does, below in verbs)
    return f"### {code(f'trefoil {name}')}\n\n{said[:1].upper()}{said[1:]}.\n\n{table(('command', 'does'), rows)}"


def _below(parser: argparse.ArgumentParser) -> list[tuple[str, str, argparse.ArgumentParser]]:
    """The commands or verbs that a parser has, each with what it does."""
    further = next((one for one in parser._actions if isinstance(one, argparse._SubParsersAction)), None)
    if further is None:
        return []
    said = {one.dest: one.help or "" for one in further._choices_actions}
    return [(name, said[name], below) for name, below in further.choices.items()]


def _with_arguments(name: str, parser: argparse.ArgumentParser) -> str:
    given = [_shown(one) for one in _given(parser) if not one.option_strings]
    needed = [
        f"{one.option_strings[-1]} {_shown(one)}" for one in _given(parser) if one.option_strings and one.required
    ]
    return " ".join((name, *needed, *given))


def _given(parser: argparse.ArgumentParser) -> list[argparse.Action]:
    return [one for one in parser._actions if not isinstance(one, argparse._HelpAction | argparse._SubParsersAction)]


def _sentence(help_: str, parser: argparse.ArgumentParser) -> str:
    return "; ".join(filter(None, (help_, *_arguments(parser), *_options(parser))))


def _arguments(parser: argparse.ArgumentParser) -> list[str]:
    return [f"{code(_shown(one))}: {one.help}" for one in _given(parser) if one.help and not one.option_strings]


def _options(parser: argparse.ArgumentParser) -> list[str]:
    return [_option(parser, one) for one in _given(parser) if one.option_strings]


def _option(parser: argparse.ArgumentParser, one: argparse.Action) -> str:
    value = f" {_shown(one)}" if one.nargs != 0 else ""
    said = one.help or f"default: {one.default}" if one.help or one.default is not None else ""
    return f"{code('/'.join(one.option_strings) + value)}" + (
        f" {said % {**vars(one), 'prog': parser.prog}}" if said else ""
    )


def _shown(one: argparse.Action) -> str:
    if isinstance(one.metavar, str):
        return one.metavar
    return "{" + ",".join(map(str, one.choices)) + "}" if one.choices else one.dest.upper()
