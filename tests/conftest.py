"""Fixtures that several folders of tests share."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest

from core.kernel import logs
from core.kernel.auth import keys
from core.kernel.auth.keys import Keyring
from core.kernel.config import Config
from core.kernel.documents import Documents
from core.kernel.functions import load, resolve
from core.kernel.services import Services, SignedUrl
from core.kernel.store import Store, open_store
from demo.weather import WeatherStandIn
from tests import asking
from tests.beds.collector import Collector
from tests.beds.inbox import Inbox
from tests.contract.system import Harness, System, company
from tests.contract.verdicts import Verdicts
from tests.figures import Figures
from tests.leftovers import Leftovers

with suppress(ImportError):  # the clouds' sessions have no property tests
    from hypothesis import HealthCheck, settings

    # How long an example takes says something of the machine alone.
    settings.register_profile("any machine", settings(), deadline=None, suppress_health_check=[HealthCheck.too_slow])
    settings.load_profile("any machine")

NAMED = ("infra", "browser", "engines", "faults", "abuse", "pages", "newcomer")
"""Folders with a session of their own."""
PROVIDERS = ("local", "aws", "gcp", "azure", "deployed", "terraform_aws")


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--verdicts", help="file for the verdict on each case of the contract suite")
    parser.addoption("--write-answers", action="store_true", help="write tests/contract/answers.json anew")
    parser.addoption("--long", action="store_true", help="as much as one has an hour for: of faults, load and abuse")
    parser.addoption("--write-examples", action="store_true", help="write docs/examples.json anew")
    parser.addoption("--write-plans", action="store_true", help="write tests/infra/plans anew")
    parser.addoption("--url", help="of a deployed system")
    parser.addoption("--site", help="URL of a deployed system's site")
    parser.addoption("--user", help="an admin of the deployed system; TREFOIL_PASSWORD holds the password, or is asked")
    parser.addoption("--store", help="its store, if it is a test system whose users the suite may make")
    parser.addoption("--provider", choices=PROVIDERS, default="local", help="whose runtime the contract suite runs in")


def pytest_configure(config: pytest.Config) -> None:
    if hasattr(config, "workerinput"):
        return  # what a worker finds and leaves comes to the process that began it
    config.pluginmanager.register(Leftovers())
    config.pluginmanager.register(Figures())
    if verdicts := config.getoption("--verdicts"):
        config.pluginmanager.register(Verdicts(Path(verdicts)))


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Packages are built for clouds; what has a session of its own is asked for by name."""
    if collection_path.parent == Path(__file__).parent and collection_path.name in NAMED:
        return None if any(collection_path.name in Path(argument).parts for argument in config.args) else True
    clouds = config.getoption("--provider") in ("aws", "gcp", "azure")
    return True if collection_path == Path(__file__).parent / "packages" and not clouds else None


class StoppedClock:
    """A clock that moves only when told to."""

    def __init__(self) -> None:
        self.now = datetime(2026, 7, 1, 12, tzinfo=UTC)

    def __call__(self) -> datetime:
        return self.now

    def advance(self, **by: float) -> None:
        self.now += timedelta(**by)


class NoSigner:
    """For services whose test signs no URL; it fails loudly when asked."""

    def upload(self, key: str, size: int) -> SignedUrl:
        raise AssertionError(f"upload of {key} was signed")

    def download(self, key: str, name: str) -> SignedUrl:
        raise AssertionError(f"download of {key} as {name} was signed")


class KeptQueue:
    """Queues whose messages stay where a test can look at them."""

    def __init__(self) -> None:
        self.sent: list[bytes] = []

    def send(self, _: str, message: bytes, parent: str = "") -> None:
        self.sent.append(message)


class KeptRuns:
    """Workflows whose runs wait for a test to look at them."""

    def __init__(self) -> None:
        self.started: list[tuple[str, str]] = []

    def start(self, workflow: str, run: str, _: Any) -> None:
        self.started.append((workflow, run))


class KeptMail:
    """A notifier whose mails stay where a test can look at them."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, str]] = []

    def send(self, to: str, subject: str, text: str) -> None:
        self.sent.append((to, subject, text))


@pytest.fixture(autouse=True)
def own_logs(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test configures must not write to its captured streams after it."""
    monkeypatch.setattr(logs, "_output", logs._output)


@pytest.fixture
def clock() -> StoppedClock:
    return StoppedClock()


@pytest.fixture(scope="session")
def pem() -> str:
    return keys.generate()


@pytest.fixture(params=["file", "memory"])
def any_store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    return open_store(tmp_path.as_uri() if request.param == "file" else "memory:///")


@pytest.fixture
def store(tmp_path: Path) -> Store:
    return open_store((tmp_path / "store").as_uri())


@pytest.fixture
def documents(store: Store) -> Documents:
    return Documents(store)


@pytest.fixture
def queue() -> KeptQueue:
    return KeptQueue()


@pytest.fixture
def services(store: Store, documents: Documents, pem: str, clock: StoppedClock, queue: KeptQueue) -> Services:
    config = Config(store.url, "https://issuer.example", "trefoil", pem, ("https://app.example.com",))
    functions = load("core.energy")
    own = resolve(functions.settings)({}) if functions.settings else None
    keyring = Keyring(lambda: pem, clock)
    return Services("test", functions, config, own, clock, store, documents, keyring, NoSigner(), queue, KeptRuns())


@pytest.fixture(scope="session")
def harness(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Harness]:
    """The system of the chosen provider, started once for the whole run."""
    provider = import_module(f"tests.contract.providers.{pytestconfig.getoption('--provider')}")
    if hasattr(provider, "reach"):
        option = pytestconfig.getoption
        with closing(provider.reach(option("--url"), option("--user"), option("--store"))) as deployed:
            yield deployed
        return
    with (
        closing(WeatherStandIn()) as weather,
        closing(Inbox()) as inbox,
        closing(Collector()) as collector,
        closing(provider.start(tmp_path_factory.mktemp("system"), company(weather, inbox, collector))) as started,
    ):
        started.weather, started.inbox, started.collector = weather, inbox, collector
        yield started


@pytest.fixture(scope="session")
def system(harness: Harness, tmp_path_factory: pytest.TempPathFactory) -> Iterator[System]:
    """As its users see it."""
    with asking.client(harness.base_url, headers=dict(harness.headers)) as client:
        yield System(harness, client, tmp_path_factory.mktemp("operator"))
