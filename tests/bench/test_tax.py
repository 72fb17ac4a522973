"""The portability tax: its peers do what they say, its sizes and figures are right, and an interrupted run goes on."""

from __future__ import annotations

import ast
import importlib.util
import json
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType

import jwt
import pytest

from bench.portability import contenders, sizes, tax
from bench.portability.contenders import HELLO, NATIVE, WAYS, WORKLOADS
from bench.portability.samples import Cell, Journal, sample
from bench.runtimes import PEERS, Contender, Question, Reply, imported, resident, spent
from core.kernel.auth import tokens
from core.kernel.auth.keys import Keyring, generate
from core.kernel.clock import system_clock

ISSUER, AUDIENCE = "https://trefoil.example", "trefoil"
PEERS_FILES = [(provider, way, workload) for provider, ways in WAYS.items() for way in ways for workload in WORKLOADS]


def imports(module: str) -> set[str]:
    """The first names of what a peer's file imports."""
    found: set[str] = set()
    for node in ast.walk(ast.parse((PEERS / f"{module}.py").read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name.partition(".")[0] for alias in node.names}
        if isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module.partition(".")[0])
    return found


@pytest.mark.parametrize(("provider", "way", "workload"), PEERS_FILES, ids=lambda one: getattr(one, "name", one))
def test_a_peer_is_deployed_with_what_it_imports(provider: str, way: contenders.Way, workload: str) -> None:
    deployed = contenders.modules(provider, way, workload)
    there = {path.stem for path in PEERS.glob("*.py")}
    assert set().union(*(imports(module) for module in deployed)) & there == set(deployed[1:])


@pytest.mark.parametrize(("provider", "way"), [(provider, way) for provider, way, one in PEERS_FILES if one == HELLO])
def test_hello_loads_nothing_of_the_read(provider: str, way: contenders.Way) -> None:
    loaded = set().union(*(imports(module) for module in contenders.modules(provider, way, HELLO)))
    assert not loaded & {"jwt", "boto3", "google", "verifying", f"{provider}_reading"}
    if way.name == NATIVE:
        assert loaded <= {"json", "azure", "functions_framework"}


@pytest.fixture(scope="module")
def signing() -> Keyring:
    pem = generate()
    return Keyring(lambda: pem, system_clock)


@pytest.fixture
def verifying(signing: Keyring, monkeypatch: pytest.MonkeyPatch) -> ModuleType:
    for name, value in {"ISSUER": ISSUER, "AUDIENCE": AUDIENCE, "JWKS": json.dumps(signing.jwks())}.items():
        monkeypatch.setenv(name, value)
    spec = importlib.util.spec_from_file_location("verifying", PEERS / "verifying.py")
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def test_the_peers_take_trefoils_token(signing: Keyring, verifying: ModuleType) -> None:
    token = tokens.mint(signing, system_clock, issuer=ISSUER, audience=AUDIENCE, subject="podge")
    assert verifying.user_of(f"Bearer {token}") == "podge"


def test_the_peers_refuse_what_trefoil_refuses(signing: Keyring, verifying: ModuleType) -> None:
    stranger = generate()

    def minted(keyring: Keyring = signing, issuer: str = ISSUER, audience: str = AUDIENCE, hours: int = 0) -> str:
        moment = datetime.now(UTC) - timedelta(hours=hours)
        return tokens.mint(keyring, lambda: moment, issuer=issuer, audience=audience, subject="podge")

    head, body, _ = minted().split(".")
    forged = Keyring(lambda: stranger, system_clock)
    of_another_key = jwt.encode({"sub": "podge"}, forged.signing_key().private, "RS256", {"kid": signing.keys()[0].kid})
    refused = [
        f"Bearer {minted(issuer='https://another.example')}",
        f"Bearer {minted(audience='another')}",
        f"Bearer {minted(hours=2)}",
        f"Bearer {minted(forged)}",
        f"Bearer {of_another_key}",
        f"Bearer {head}.{body}.",
        f"Basic {minted()}",
        "",
    ]
    for authorization in refused:
        with pytest.raises(jwt.InvalidTokenError):
            verifying.user_of(authorization)


def test_an_answer_is_right_whatever_its_spaces() -> None:
    question = Question("/api/me", "", "", {"user": "podge", "grants": []})
    assert not Reply(200, b'{"grants": [],"user":"podge"}').wrong(question)
    assert Reply(500, b'{"grants": [],"user":"podge"}').wrong(question).startswith("500")
    assert "oops" in Reply(200, b"oops").wrong(question)
    assert Reply(200, b'{"user":"podge"}').wrong(question)


def test_an_import_is_more_than_the_bare_interpreters(tmp_path: Path) -> None:
    (tmp_path / "main.py").write_text("import time, colorsys\nuntil = time.process_time() + 0.3\n")
    with (tmp_path / "main.py").open("a") as file:
        file.write("while time.process_time() < until:\n    pass\ndef handler(): ...\n")
    found = imported(Contender("busy", tmp_path, sys.executable, {"PYTHONDONTWRITEBYTECODE": "1"}, "main.handler"))
    assert 0.25 < found.cpu < 0.6
    assert found.wall > 0.25
    assert found.modules == 2  # itself and colorsys; time is everybody's


def test_a_process_is_counted_with_its_children_and_its_former_threads() -> None:
    work = (
        "import subprocess, sys, threading\n"
        "child = 'data = bytearray(60_000_000); sum(range(8_000_000)); print(flush=True); input()'\n"
        "started = subprocess.Popen([sys.executable, '-c', child], stdout=subprocess.PIPE)\n"
        "thread = threading.Thread(target=lambda: sum(range(8_000_000))); thread.start(); thread.join()\n"
        "started.stdout.readline(); print(flush=True); input()"
    )
    pipe = subprocess.PIPE
    with subprocess.Popen([sys.executable, "-c", work], stdin=pipe, stdout=pipe) as process:
        assert process.stdout
        process.stdout.readline()
        cpu, mib = spent(process.pid), resident(process.pid)
        began = time.process_time()
        sum(range(8_000_000))
        once = time.process_time() - began
        process.communicate(b"\n")
    assert cpu > 1.3 * once
    assert 60 < mib < 200


def test_a_process_is_counted_while_its_threads_come_and_go() -> None:
    work = (
        "import threading, time\n"
        "print(flush=True)\n"
        "until = time.monotonic() + 60\n"
        "while time.monotonic() < until:\n"
        "    threads = [threading.Thread(target=int) for _ in range(20)]\n"
        "    for one in threads: one.start()\n"
    )
    with subprocess.Popen([sys.executable, "-c", work], stdout=subprocess.PIPE) as process:
        assert process.stdout
        process.stdout.readline()
        try:
            seen = [spent(process.pid) for _ in range(3000)]
        finally:
            process.kill()
    assert seen == sorted(seen)


def distribution(site: Path, name: str, size: int, *requires: str) -> None:
    info = site / f"{name}-1.0.dist-info"
    info.mkdir(parents=True)
    needs = "".join(f"Requires-Dist: {one}\n" for one in requires)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1.0\n{needs}")
    lines = f"{name}.py,sha256=x,{size}\n__pycache__/{name}.cpython-313.pyc,,\n../../../bin/{name},sha256=x,{size}\n"
    (info / "RECORD").write_text(lines)


def test_sizes_are_of_what_is_required_on_the_target(tmp_path: Path) -> None:
    mib = 1024 * 1024
    distribution(
        tmp_path, "web_frame", 2 * mib, "core-part>=1", 'extra-part; extra == "more"', 'old; python_version<"3.13"'
    )
    distribution(tmp_path, "core_part", mib, "web-frame")
    distribution(tmp_path, "extra_part", 4 * mib)
    distribution(tmp_path, "unrelated", 8 * mib)
    alone = sizes.closure(tmp_path, ["web-frame"])
    assert alone == {"web-frame", "core-part"}
    assert sizes.closure(tmp_path, ["web-frame", "web-frame[more]"]) == {*alone, "extra-part"}
    assert sizes.of_distributions(tmp_path, alone) == 3
    with pytest.raises(sizes.NotInstalled, match="absent"):
        sizes.closure(tmp_path, ["absent"])


def test_a_package_is_measured_without_bytecode_and_with_its_wheels_installed(tmp_path: Path) -> None:
    mib = 1024 * 1024
    site, code = tmp_path / "site", tmp_path / "code"
    distribution(site, "core_part", mib)
    (code / "wheels").mkdir(parents=True)
    (code / "__pycache__").mkdir()
    (code / "main.py").write_bytes(bytes(2 * mib))
    (code / "__pycache__" / "main.cpython-313.pyc").write_bytes(bytes(mib))
    (code / "wheels" / "core_part-1.0-py3-none-any.whl").write_bytes(bytes(5 * mib))
    assert sizes.of_package(code, site) == 3


def test_an_interrupted_run_goes_on(tmp_path: Path) -> None:
    """What a cloud finished before it failed is kept, and what was there is known to it when it begins again."""
    session = tmp_path / "python"
    session.write_text(
        f"#!{sys.executable}\n"
        "import sys\n"
        f"sys.path.insert(0, {str(tax.ROOT)!r})\n"
        "from pathlib import Path\n"
        "from bench.portability.samples import Cell, Journal, sample\n"
        "assert sys.argv[1:4] == ['-m', 'bench.portability.tax', 'aws'], sys.argv\n"
        "journal = Journal(Path(sys.argv[4]))\n"
        "print('known', len(journal.samples), flush=True)\n"
        "journal.add([sample(Cell('tax', 'aws', 'hello', 'native', 'cold_s'), len(journal.samples), 1)])\n"
        "sys.exit(len(journal.samples) < 3)\n"
    )
    session.chmod(0o755)
    journal = Journal(tmp_path / "samples.jsonl")
    journal.add(
        [
            sample(Cell("warm", "aws", "hello", "trefoil", "s"), 0, 1),
            sample(Cell("tax", "gcp", "hello", "native", "cold_s"), 0, 1),
        ]
    )
    said: list[str] = []
    for _ in range(2):
        with pytest.raises(RuntimeError, match="the tax of aws could not be measured"):
            tax.measure(journal, ["aws"], 3, 1, tmp_path / "built", said.append, {"aws": str(session)})
        assert (tmp_path / "tax-aws.jsonl").exists(), "what a killed run had measured would be lost"
    tax.measure(journal, ["aws"], 3, 1, tmp_path / "built", said.append, {"aws": str(session)})
    assert said == ["known 0", "known 1", "known 2"]
    kept = [one.round for one in Journal(journal.path).samples if (one.part, one.target) == ("tax", "aws")]
    assert kept == [0, 1, 2]
    assert not (tmp_path / "tax-aws.jsonl").exists()


def test_a_run_that_has_all_rounds_starts_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "samples.jsonl")
    cell = Cell("tax", "aws", HELLO, NATIVE, "cold_s")
    journal.add(sample(cell, number, 1) for number in range(2))
    said: list[str] = []
    tax.take(journal, "aws", 2, 5, tmp_path, said.append)
    assert said == ["aws: all 2 rounds are there"]


def test_what_was_interrupted_is_made_anew_and_what_is_whole_is_kept(tmp_path: Path) -> None:
    made = tmp_path / "runtime"

    def interrupted() -> None:
        made.mkdir()
        (made / "half").touch()
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        contenders.once(made, interrupted)
    contenders.once(made, made.mkdir)
    assert not list(made.iterdir())
    contenders.once(made, interrupted)
