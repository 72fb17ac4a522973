"""`trefoil`, the console command of the local provider."""

from __future__ import annotations

import argparse
import getpass
import json
import os
import signal
import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path

from adapters.local import bootstrap
from adapters.local.invoke import invoke
from adapters.local.queue import SqliteQueues
from adapters.local.scratch import scratch
from core import VERSION
from core.kernel import dead_letters, operations, telemetry
from core.kernel.auth import access, keys, users
from core.kernel.auth.authorizer import SKEW_SECONDS
from core.kernel.clock import rfc3339
from core.kernel.config import Config, ConfigError
from core.kernel.dead_letters import DeadLetters
from core.kernel.errors import TrefoilError
from core.kernel.events import NotReplayable, UnknownEvent
from core.kernel.functions import ADMIN, Command, FunctionSet, chosen, resolve
from core.kernel.services import Services
from core.kernel.store import time_of
from core.kernel.triggers import Object

BASE_URL = "http://127.0.0.1:8000"
OWNER_ONLY = 0o077
"""The umask of a process that writes a store: what customers sent is nobody else's on this machine."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command; returns the exit status: 0 done, 1 failed, 2 misused."""
    try:
        functions = chosen(os.environ)
    except ConfigError as error:
        print(f"trefoil: {error}", file=sys.stderr)
        return 1
    options = parser_of(functions).parse_args(arguments)
    os.umask(OWNER_ONLY)
    try:
        telemetry.configure(os.environ, bootstrap.PROVIDER, at_once=False)
        return int(options.run(options) or 0)
    except (ConfigError, NotReplayable, TrefoilError, UnknownEvent, ValueError) as error:
        cause = f" ({error.__cause__})" if error.__cause__ else ""
        print(f"trefoil: {error}{cause}", file=sys.stderr)
    except BrokenPipeError:  # whoever reads has enough, as `head` has
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except OSError as error:
        print(f"trefoil: {error.filename or 'the system'}: {error.strerror or error}", file=sys.stderr)
    except KeyboardInterrupt:
        return 130
    return 1


def _services(options: argparse.Namespace) -> Services:
    return bootstrap.services(bootstrap.environment(options.folder, BASE_URL), base_url=BASE_URL)


def _serve(options: argparse.Namespace) -> int:
    from adapters.local.server import LocalServer, PortInUse, listen, url  # only this command pays for the server

    try:
        listener = listen(options.host, options.port)
    except PortInUse as error:
        print(f"trefoil: {error}", file=sys.stderr)
        return 1
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    with listener:
        server = LocalServer(listener, bootstrap.environment(options.folder, url(listener)))
        where = f"{server.url} from {options.folder.resolve()}"
        server.run(lambda: print(f"Trefoil serves {where} (Ctrl+C stops it)", flush=True))
    return 0


def _invoke(options: argparse.Namespace) -> int:
    try:
        event = json.loads(sys.stdin.read() if options.event == "-" else Path(options.event).read_text())
    except (ValueError, RecursionError) as error:
        raise UnknownEvent(f"{options.event} is not JSON: {error}") from None
    services = _services(options)
    with scratch(services.store.folder):
        print(json.dumps(invoke(services, options.function, event), indent=2, ensure_ascii=False))
    return 0


def _check_clock(services: Services) -> None:
    """Raises `ValueError` where this machine's clock is not the store's: tokens would end too late, or all of them."""
    ours, theirs = services.clock(), time_of(services.store)
    if abs(ours - theirs).total_seconds() > SKEW_SECONDS:
        raise ValueError(
            f"it is {rfc3339(ours)} here and {rfc3339(theirs)} in the store; a new password and a removal end tokens "
            "by the time: set the clock of this machine right first"
        )


def _users(options: argparse.Namespace) -> None:
    services = _services(options)
    if options.verb == "list":
        print("\n".join(users.names(services.documents)))
        return
    _check_clock(services)
    if options.verb == "set":
        given = sys.stdin.readline().rstrip("\n") if options.password_stdin else getpass.getpass("Password: ")
        users.save(services.documents, services.clock, options.user, given)
    else:
        if not users.exists(services.documents, options.user):
            raise ValueError(f"there is no user {options.user!r}; see: trefoil users list")
        users.remove(services.documents, options.user, services.clock)


def _grants(options: argparse.Namespace) -> None:
    services = _services(options)
    documents = services.documents
    if not users.exists(documents, options.user):
        raise ValueError(f"there is no user {options.user!r}; see: trefoil users list")
    if options.verb == "list":
        for held in sorted(access.grants(documents, options.user)):
            print(held.action, held.resource)
        return
    change = access.grant if options.verb == "add" else access.revoke
    known = (*services.functions.actions, ADMIN)
    if options.action not in known:
        raise ValueError(f"{options.action!r} is not one of {', '.join(known)}")
    change(documents, options.user, options.action, options.resource)


def _keys(options: argparse.Namespace) -> None:
    if options.verb == "new":
        print(keys.generate(), end="")
        return
    config = Config.from_environment(bootstrap.environment(options.folder, BASE_URL))
    bundle = bootstrap.read_key(config.signing_key)
    if options.verb == "list":
        for number, key in enumerate(keys.parse(bundle)):
            print(key.kid, "signs" if number == 0 else "verifies")
        return
    path = bootstrap.path_of(config.signing_key)
    if path is None:
        raise ValueError("TREFOIL_SIGNING_KEY holds the key itself; make it a file:// reference to rotate it here")
    held = keys.parse(bundle)
    if options.verb == "add":
        blocks = [key.pem() for key in held] + [keys.generate()]
    elif options.verb == "promote":
        blocks = [key.pem() for key in sorted(held, key=lambda key: key.kid != options.kid)]
    else:
        blocks = [key.pem() for key in held if key.kid != options.kid]
    if options.verb != "add" and options.kid not in [key.kid for key in held]:
        raise ValueError(f"there is no key {options.kid!r}; see: trefoil keys list")
    if options.verb == "remove" and options.kid == held[0].kid:
        raise ValueError(f"{options.kid!r} signs; promote another key first")
    bootstrap.write_key(path, "".join(blocks))


def _dead_letters(options: argparse.Namespace) -> int:
    services = _services(options)
    letters = DeadLetters(services.documents, services.clock)
    if options.verb == "list":
        for letter in letters.every():
            print(letter["id"], letter["at"], letter["function"], json.dumps(letter["event"]))
        return 0
    letter_or_none = letters.get(options.id)
    if letter_or_none is None:
        print(f"trefoil: there is no dead letter {options.id!r}; see: trefoil dead-letters list", file=sys.stderr)
        return 1
    if options.verb == "show":
        print(json.dumps(letter_or_none, indent=2, ensure_ascii=False))
        return 0
    with scratch(services.store.folder):
        print(json.dumps(dead_letters.replay(services, letter_or_none), indent=2, ensure_ascii=False))
    return 0


def _looking(options: argparse.Namespace) -> Services:
    """For what only looks: raises `ValueError` where there is no store, which a server would make."""
    store = Config.from_environment(bootstrap.environment(options.folder, BASE_URL)).store
    folder = bootstrap.path_of(store)
    if folder is not None and not folder.is_dir():
        raise ValueError(f"there is no store at {store}; is the folder right? (--folder, TREFOIL_STORE)")
    return _services(options)


def _status(options: argparse.Namespace) -> None:
    services = _looking(options)
    queues = services.queues

    def waiting(queue: str) -> int | None:
        return len(queues.named(queue)) if isinstance(queues, SqliteQueues) else None

    for line in operations.status(services, waiting):
        print(f"{line.about:24} {line.said}")


def _trace(options: argparse.Namespace) -> int:
    services = _looking(options)
    found = list(operations.trace(services, options.id)) if options.id else []
    for one in found:
        print(f"{one.path}\n{json.dumps(one.document, indent=2, ensure_ascii=False)}")
    # The key of a file is where its trace begins (core.kernel.telemetry), also before it was read.
    triggers = [one.trigger for one in services.functions.every.values()]
    prefixes = tuple(one.prefix for one in triggers if isinstance(one, Object))
    told = [options.id, *(one.document.get("key") for one in found)]
    for key in dict.fromkeys(one for one in told if isinstance(one, str) and one.startswith(prefixes)):
        print(f"trace {telemetry.known(key).split('-')[1]}")
    if not found:
        print(
            f"trefoil: nothing in {services.config.store} is called {options.id!r}; its log lines may say more: look "
            "for it as request_id, key, id, letter or run",
            file=sys.stderr,
        )
    return 0 if found else 1


def _own(command: Command, options: argparse.Namespace) -> int:
    """A command of the function set's own."""
    if command.alone:
        return int(resolve(command.run)(options))
    from adapters.local.triggers import working  # only these commands do what a server does

    services = _services(options)
    return int(resolve(command.run)(services, options, partial(working, services)))


def port(text: str) -> int:
    """A TCP port, 0 to 65535."""
    number = int(text)
    if not 0 <= number <= 65535:
        raise ValueError(text)
    return number


def parser_of(functions: FunctionSet) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="trefoil", description="Trefoil on one machine.")
    parser.add_argument(
        "--folder", type=Path, default=bootstrap.DEFAULT_FOLDER, help="where data and keys lie (default: %(default)s)"
    )
    version = f"trefoil {VERSION} ({functions.title})"
    parser.add_argument("--version", action="version", version=version, help="say which version this is, and of what")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="serve the API and the site, and hand what comes to the functions")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=port, default=8000, help="0 takes a free one (default: %(default)s)")
    serve.set_defaults(run=_serve)

    run = commands.add_parser("invoke", help="run one function on a native event and print its result")
    run.add_argument("function")
    run.add_argument("--event", required=True, help="a JSON file, or - for standard input")
    run.set_defaults(run=_invoke)

    user = commands.add_parser("users", help="who may log in")
    verbs = user.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="all users")
    put = verbs.add_parser("set", help="add a user or change a password")
    put.add_argument("user")
    put.add_argument("--password-stdin", action="store_true", help="read the password from standard input")
    verbs.add_parser("remove", help="remove a user, their grants and their tokens").add_argument("user")
    user.set_defaults(run=_users)

    grant = commands.add_parser("grants", help="who may do what")
    verbs = grant.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="a user's grants").add_argument("user")
    for verb, meaning in (("add", "grant an action"), ("remove", "take a grant back")):
        change = verbs.add_parser(verb, help=meaning)
        change.add_argument("user")
        change.add_argument("action", help="what may be done: admin, or an action of the function set")
        change.add_argument("resource", help="an account id, or * for all")
    grant.set_defaults(run=_grants)

    key = commands.add_parser("keys", help="the keys that sign tokens")
    verbs = key.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("new", help="print a new private key in PEM")
    verbs.add_parser("list", help="key ids; the first one signs")
    verbs.add_parser("add", help="add a new key that verifies (first step of a rotation)")
    verbs.add_parser("promote", help="let a key sign (second step, five minutes later)").add_argument("kid")
    verbs.add_parser("remove", help="remove a key (last step, one hour later)").add_argument("kid")
    key.set_defaults(run=_keys)

    letter = commands.add_parser("dead-letters", help="events that failed five times, in any TREFOIL_STORE")
    verbs = letter.add_subparsers(dest="verb", required=True, metavar="VERB")
    verbs.add_parser("list", help="all of them")
    verbs.add_parser("show", help="one, with its error").add_argument("id")
    verbs.add_parser("replay", help="run its function on its event again, here").add_argument("id")
    letter.set_defaults(run=_dead_letters)

    commands.add_parser("status", help="how things are, in any TREFOIL_STORE").set_defaults(run=_status)
    follow = commands.add_parser(
        "trace", help="what the store has about an id: of an ingestion, export, settlement or dead letter"
    )
    follow.add_argument("id", help="its id, or the key of a file")
    follow.set_defaults(run=_trace)

    for command in functions.commands:
        own = commands.add_parser(command.name, help=command.summary)
        resolve(command.arguments)(own)
        own.set_defaults(run=partial(_own, command))
    return parser


if __name__ == "__main__":
    sys.exit(main())
