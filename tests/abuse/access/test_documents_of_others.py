"""What belongs to another's account, or to another, used where one's own would be: ids, cursors, keys, signed URLs."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest

from core.kernel.api import cursor
from core.kernel.api.context import Route
from tests import asking
from tests.abuse.access.questions import OF_AN_ACCOUNT, ROUTES
from tests.abuse.access.raw import Ask, Said, send
from tests.abuse.access.world import OTHER, OWN, SHARED, TRADE, World, exported

pytestmark = pytest.mark.usefixtures("untouched")
OF_A_DOCUMENT = [route for route in OF_AN_ACCOUNT if route.path.count("{") > 1]
LISTS = ("trades", "ingestions", "alerts")
"""Which come by pages that begin behind a document."""
POSITIONS = (
    f"../{OTHER}/placed/1",
    f"../../{OTHER}",
    "..%2f",
    "-",
    ".",
    "",
    "\x00",
    "a/b",
    "0" * 120,
    "\ud800",
    "Ω",
    f"{OTHER} 2025-10-01T00:00:00Z",
    f"{OWN} x",
    " ",
    "  2025-10-01",
    "1 9999-12-31T23:59:59Z",
    "1 0001-01-01T00:00:00+23:59",
    "1 2025-13",
)
"""Where a page might begin, of a cursor that somebody made up: it is signed by nothing."""


def asked(world: World, ask: Ask) -> Said:
    """The answer, which tells nothing of the other's, and is no failure."""
    said = send(world.system.harness.base_url, ask)
    assert said.status < 500, (ask, said)
    assert [secret for secret in world.secrets if secret in said.whole and secret not in ask.sent] == [], ask
    return said


def written(name: str) -> Iterator[str]:
    """Ways to write the id of another's document into a path of one's own account."""
    for slash in ("/", "%2f", "%252f", "%5c"):
        for up in ("..", "%2e%2e", "..%00"):
            yield f"{up}{slash}{OTHER}{slash}{name}"
            yield f"{up}{slash}{up}{slash}exports{slash}{OTHER}{slash}{name}"
    yield from (
        name,
        f"{name}.json",
        f"{name}%00",
        f"{name}%0a",
        f"{name}/",
        f"{OTHER}%2f{name}",
        f"*{name[-4:]}",
        "%2a",
    )


@pytest.mark.parametrize("route", OF_A_DOCUMENT, ids=str)
def test_another_s_document_is_not_found_under_one_s_own_account(world: World, route: Route) -> None:
    question = world.question(route)
    for name in question.ids:
        for text in written(question.ids[name]):
            path = question.path(OWN, **dict.fromkeys(question.ids, text))
            said = asked(world, question.ask(path))
            assert said.status in (400, 404) or said.body == world.page != b"", (path, said)


@pytest.mark.parametrize("route", [one for one in ROUTES if "{" in one.path and not one.needs.resource], ids=str)
def test_no_other_path_leads_to_another_s_documents(world: World, route: Route) -> None:
    """Products, sites, the page's files: what is looked up by a name that the path gives."""
    question = world.question(route)
    where = [f"settings/{OTHER}", f"trades/{OTHER}", f"accounts/{OTHER}", "users/victor", "grants/victor"]
    hostile = [
        f"..{slash}{one.replace('/', slash)}{end}"
        for one in where
        for slash in ("%2f", "%5c", "/")
        for end in ("", ".json")
    ]
    hostile += [f"..%2f{one}" for one in hostile] + ["..%2f..%2f..%2f..%2fetc%2fpasswd", "%00", "%2e%2e", "%ff", "*"]
    for text in hostile:
        path = "/".join(text if one.startswith("{") else one for one in route.path.split("/"))
        said = asked(world, question.ask(path))
        assert not 200 <= said.status < 300 or said.body == world.page != b"", (path, said)


@pytest.mark.parametrize("name", LISTS)
def test_another_s_cursor_begins_no_page_of_one_s_own(world: World, name: str) -> None:
    """Whoever has two accounts, or is shown the cursor by a friend, gets nowhere by it."""
    identity = (name, OTHER)
    path = f"/api/accounts/{OWN}/{name}"
    reply = world.system.get(path, "mallory", cursor=cursor.make(identity, world.ids["ingestion"]))
    assert reply.status_code == 422, reply.text


def test_another_user_s_cursor_begins_no_page_of_one_s_accounts(world: World) -> None:
    reply = world.system.get("/api/accounts", "mallory", cursor=cursor.make(("accounts", "victor"), OWN))
    assert reply.status_code == 422, reply.text


@pytest.mark.parametrize("name", [*LISTS, "readings", "costs", ""])
def test_a_made_up_cursor_tells_nothing(world: World, name: str) -> None:
    identities = {
        "readings": (OWN, "*", "import", "", "", "latest", "30m"),
        "costs": ("costs", OWN, "*", "", "", "latest", "day"),
        "": ("accounts", "mallory"),
    }
    path = f"/api/accounts/{OWN}/{name}" if name else "/api/accounts"
    query = "point=*&" if name in ("readings", "costs") else ""
    headers = (*world.headers, ("Authorization", f"Bearer {world.system.token('mallory')}"))
    made = [cursor.make(identities.get(name, (name, OWN)), position) for position in POSITIONS]
    for one in (*made, "e30", "W10", "W1tdLFtdXQ", "bnVsbA", "x" * 200, "%00", "=", "%ff", quote("ａ")):
        said = asked(world, Ask("GET", f"{path}?{query}cursor={one}", headers))
        assert said.status in (200, 400, 422), (one, said)


def test_another_s_idempotency_key_places_one_s_own_trade(world: World) -> None:
    """On one's own account, and on one that two share."""
    places = (("victor", SHARED), ("mallory", SHARED), ("mallory", OWN))
    placed = [
        world.system.send(
            "POST", f"/api/accounts/{account}/trades", user, json=TRADE, headers={"Idempotency-Key": "of-victor"}
        ).json()
        for user, account in places
    ]
    assert [(one["user"], one["account"]) for one in placed] == list(places)
    assert len({one["id"] for one in placed}) == 3


def test_a_signed_url_is_good_for_no_other_account(world: World) -> None:
    """One's own, with the other's account, file or key in its place."""
    system = world.system
    mine = system.send("POST", f"/api/accounts/{OWN}/uploads", "mallory", json={"name": "a.csv", "bytes": 3}).json()
    uploads = {mine["url"].replace(OWN, OTHER), mine["url"].replace(mine["key"], f"incoming/{OTHER}/a.csv")}
    for url in uploads:
        reply = asking.request(mine["method"], url, content=b"abc", headers=mine["headers"])
        assert 400 <= reply.status_code < 500, (url, reply.text)
    own = exported(system, "mallory", OWN)
    theirs = system.get(f"/api/accounts/{OTHER}/exports/{world.ids['export']}", "victor").json()["download"]
    file, other = (one["url"].partition("?")[0].rpartition("/")[2] for one in (own, theirs))
    downloads = {
        own["url"].replace(f"{OWN}/{file}", f"{OTHER}/{other}"),
        own["url"].replace(f"{OWN}/{file}", f"{OWN}/..%2f{OTHER}%2f{other}"),
        own["url"].replace(f"{OWN}/{file}", f"{OWN}%2f..%2f{OTHER}%2f{other}"),
        f"{theirs['url'].partition('?')[0]}?{own['url'].partition('?')[2]}",
    }
    for url in downloads:
        reply = asking.request("GET", url, headers=own["headers"])
        assert 400 <= reply.status_code < 500, (url, reply.text)
    assert asking.request("GET", theirs["url"], headers=theirs["headers"]).is_success
