"""Servers and commands are killed at random instants under load: what was said yes to is there once, and nothing sticks.

`nox -s faults -- --provider local tests/faults/crash` in a minute; `--long` in half an hour.
"""

from __future__ import annotations

import os
import shutil
import tempfile
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

import pytest
from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, rule, run_state_machine_as_test

from core.energy.accounts import accounts
from core.energy.trading import products
from core.kernel.auth import access, users
from core.kernel.clock import system_clock
from core.kernel.documents import Documents
from core.kernel.store import open_store
from demo.weather import WeatherStandIn
from tests.contract.system import FORECAST_SITES, PASSWORD, PRODUCT
from tests.faults.crash import folders, judge
from tests.faults.crash.files import DAYS, VARIANTS, MeterFile, month
from tests.faults.crash.servers import NAMES, Servers
from tests.faults.crash.work import (
    FRIEND,
    LOADED,
    STILL,
    USER,
    Buy,
    Clients,
    Delete,
    Drop,
    Export,
    Grant,
    Ledger,
    Redeliver,
    Send,
    Settle,
    Tidy,
    Work,
    write,
)
from tests.figures import Tell

THREADS = 8
ACTIONS = ("read", "upload", "trade", "changeSettings", "delete", "export", "settle")
QUICK = {"max_examples": 1, "stateful_step_count": 10}
LONG = {"max_examples": 12, "stateful_step_count": 25}

LOOKED_FOR = 2500
"""Milliseconds in which something has to be under way; else the kill comes so."""
_MILLISECONDS = st.integers(0, LOOKED_FOR)
_FILE = st.builds(MeterFile, st.integers(0, DAYS - 1), st.integers(0, VARIANTS - 1), st.integers(0, 999))
_ACCOUNT = st.sampled_from(LOADED)
_WORK = st.one_of(
    st.builds(Drop, _ACCOUNT, _FILE, st.integers(0, 3)),
    st.builds(Send, _ACCOUNT, _FILE, st.booleans(), st.booleans()),
    st.builds(Buy, _ACCOUNT, st.booleans()),
    st.builds(Export, _ACCOUNT),
    st.builds(Grant, st.booleans(), st.none() | _MILLISECONDS),
    st.builds(Settle, st.none() | _MILLISECONDS),
    st.builds(Redeliver, _MILLISECONDS),
    st.builds(Tidy, st.none() | _ACCOUNT),
    st.builds(Delete, _FILE, st.booleans()),
)


class Killed(RuleBasedStateMachine):
    """Work goes on in threads; each step gives them more, and kills a server or two while they are at it."""

    weather: WeatherStandIn
    totals: Counter[str]

    def __init__(self) -> None:
        super().__init__()
        self.home = Path(tempfile.mkdtemp(prefix="kills-", dir=os.environ["KILLS_FOLDER"]))
        sites = {"TREFOIL_FORECAST_URL": self.weather.url, "TREFOIL_FORECAST_SITES": FORECAST_SITES}
        self.servers = Servers(self.home, sites)
        self.ledger = Ledger()
        self.clients = Clients(self.servers, self.ledger)
        self.threads = ThreadPoolExecutor(THREADS)
        self.asked: list[Future[None]] = []
        self.filled = self.judged = False

    @initialize(number=st.integers(0, 1_000_000))
    def fill(self, number: int) -> None:
        """Users, accounts with a file each, a product, and the month that is settled."""
        assume(number)  # Hypothesis begins with the simplest steps there are, which show nothing
        self.filled = True
        documents = Documents(open_store(self.servers.store.as_uri()))
        for user in (USER, FRIEND):
            users.save(documents, system_clock, user, PASSWORD)
        for action in (*ACTIONS, "admin"):
            access.grant(documents, USER, action, "*")
        for account in (*LOADED, STILL):
            accounts.ensure(documents, account)
        products.save(documents, PRODUCT)
        write(self.servers.store, f"incoming/{STILL}/month.csv", month())
        self.begin(NAMES, wait=True)
        self.clients.log_in()
        path = f"/api/accounts/{STILL}/settings"
        reply = self.clients.until("GET", path, [200])
        body = {**reply.json(), "contract": [{"product": PRODUCT["id"], "from": "2025-01-01"}]}
        self.clients.until("PUT", path, [200], json=body, headers={"If-Match": reply.headers["ETag"]})
        for account in LOADED:
            self.ask([Send(account, MeterFile(0, 0, 0), gives_up=False)])
        self.done()
        judge.wait_until_quiet(self.clients)
        self.asked.clear()

    @rule(
        work=st.lists(_WORK, min_size=2, max_size=8),
        whom=st.sampled_from([NAMES, NAMES, NAMES[:1], NAMES[1:]]),
        amid=st.sampled_from(["", "ingestion", "job", "run"]),
        after=_MILLISECONDS,
        again=st.sampled_from([NAMES, NAMES[:1]]),
        wait=st.sampled_from([True, True, True, False]),
    )
    def kill(
        self, work: list[Work], whom: Sequence[str], amid: str, after: int, again: Sequence[str], *, wait: bool
    ) -> None:
        """Give the clients work, and kill: so many milliseconds later, or some after such a thing is under way.

        Whoever is begun again may be waited for.
        """
        self.ask(work)
        until = time.monotonic() + (LOOKED_FOR if amid else after) / 1000
        while time.monotonic() < until:
            if amid and self.servers.under_way(amid):
                self.ledger.counts[f"times while {amid} was under way"] += 1
                time.sleep(after / 50_000)
                break
            time.sleep(0.002)
        for name in whom:
            self.servers.kill(name)
        self.ledger.counts["kills"] += len(whom)
        self.begin(again, wait=wait)

    def teardown(self) -> None:
        try:
            if self.filled:
                self.end()
        finally:
            self.totals.update(self.ledger.counts)
            self.servers.kill_all()
            self.clients.close()
            self.threads.shutdown(cancel_futures=True)
            if self.judged or not self.filled:
                shutil.rmtree(self.home)

    def end(self) -> None:
        """All that was asked for is done, one more of each kind too; then it is judged, and the folders after weeks."""
        self.servers.kill_all()
        self.begin(NAMES, wait=True)
        self.done()
        self.ask([Drop("Ash", MeterFile(1, 0, 1), 0), Send("Birch", MeterFile(1, 1, 1), gives_up=False)])
        self.ask([Grant(taken_back=False, kill_after=None)] * THREADS)  # of one person, so all want one document
        self.ask([Buy("Ash", gives_up=False), Settle(None), Tidy(None)])
        self.ask([Delete(MeterFile(0, 0, 1), again=True)])
        self.done()
        judge.wait_until_quiet(self.clients)
        self.ask([Export(account) for account in LOADED])
        self.done()
        judge.wait_until_quiet(self.clients)
        judge.judge(self.clients)
        self.servers.kill_all()
        folders.make_older(self.servers.store)
        self.begin(NAMES[:1], wait=True)
        folders.check(self.clients)
        self.judged = True

    def begin(self, names: Sequence[str], *, wait: bool) -> None:
        if self.servers.none:
            self.servers.half_a_minute_passes()
        for name in names:
            self.servers.begin(name)
        if wait:
            self.servers.ready()

    def ask(self, work: Sequence[Work]) -> None:
        self.asked += [self.threads.submit(one.do, self.clients) for one in work]

    def done(self) -> None:
        """Wait for the clients. Raises what a client found wrong."""
        for one in self.asked:
            one.result()


@pytest.fixture
def weather() -> Iterator[WeatherStandIn]:
    with closing(WeatherStandIn()) as weather:
        yield weather


def test_killed_at_random_instants_under_load_nothing_accepted_is_lost_or_doubled_and_nothing_sticks(
    weather: WeatherStandIn,
    figure: Tell,
    pytestconfig: pytest.Config,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    long = pytestconfig.getoption("--long")
    monkeypatch.setenv("KILLS_FOLDER", str(tmp_path))
    totals: Counter[str] = Counter()
    machine = type("Killed", (Killed,), {"weather": weather, "totals": totals})
    try:
        run_state_machine_as_test(  # type: ignore[no-untyped-call]
            machine,
            settings=settings(
                **(LONG if long else QUICK),
                deadline=None,
                database=None,
                derandomize=not long and bool(os.environ.get("CI")),
                phases=[Phase.generate],  # to make a failure smaller would take hours; its steps are printed
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        figure(", ".join(f"{count:,} {what}" for what, count in sorted(totals.items())))
