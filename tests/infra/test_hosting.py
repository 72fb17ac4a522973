"""The hosting rules that run as code: CloudFront's function in Node, Google Cloud's web server in nginx itself.

Front Door's rules run nowhere but in Azure; the local provider's are in the contract suite.
"""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import closing

import httpx
import pytest

from tests import asking
from tests.beds.processes import Server, free_port
from tools.infra import INFRA
from tools.node import node

SITE = INFRA.parent / "web" / "dist"
PAGE, ERROR = (SITE / "index.html").read_text(), (SITE / "404.html").read_text()
VIEWS = ("/", "/accounts/Account17", "/accounts/Account17/", "/v1.2/accounts", "/a%20b")
FILES = ("/trefoil.svg", "/404.html", "/assets/app.0123abcd.js", "/no/such/page.html", "/.env")


@pytest.mark.parametrize("path", [*VIEWS, *FILES])
def test_cloudfront_asks_the_bucket_for_the_page_at_every_view(path: str) -> None:
    call = f"console.log(JSON.stringify(handler({json.dumps({'request': {'uri': path}})})))"
    code = (INFRA / "aws" / "deep_links.js").read_text() + call
    done = subprocess.run([str(node()), "-e", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout)["uri"] == ("/index.html" if path in VIEWS else path)


@pytest.fixture(scope="module")
def web_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[httpx.Client]:
    if not (nginx := shutil.which("nginx") or shutil.which("/usr/sbin/nginx")):
        pytest.skip("needs nginx, the web server of the site on Google Cloud: apt-get install nginx-light")
    folder, port = tmp_path_factory.mktemp("nginx"), free_port()
    shutil.copytree(SITE, folder / "site")
    (folder / "site" / "assets" / "app.0123abcd.js").write_text("// hashed\n" * 1000)
    folder.chmod(0o755)
    server = (INFRA / "gcp" / "nginx.conf.tftpl").read_text().replace("${csp}", "default-src 'self'")
    server = server.replace("listen 8080", f"listen 127.0.0.1:{port}").replace("/site;", f"{folder}/site;")
    scratch = "".join(
        f"{what}_temp_path {folder}/{what};\n" for what in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"user root;\ndaemon off;\npid {folder}/pid;\nevents {{}}\nhttp {{\ninclude /etc/nginx/mime.types;\naccess_log off;\n"
        f"{scratch}{server}}}\n"
    )
    command = [nginx, "-c", str(configuration), "-e", str(folder / "error.log")]
    with closing(Server(command, port, folder / "log", {})), asking.client(f"http://127.0.0.1:{port}") as client:
        yield client


@pytest.mark.parametrize("path", VIEWS)
def test_nginx_serves_the_page_at_every_view(web_server: httpx.Client, path: str) -> None:
    reply = web_server.get(path)
    assert (reply.status_code, reply.text) == (200, PAGE)
    assert reply.headers["content-type"] == "text/html; charset=utf-8"
    assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/no/such/page.html", "/assets/app.ffffffff.js", "/.env"])
def test_nginx_serves_the_error_page_for_a_missing_file(web_server: httpx.Client, path: str) -> None:
    reply = web_server.get(path)
    assert (reply.status_code, reply.text) == (404, ERROR)
    assert reply.headers["cache-control"] == "no-cache"


@pytest.mark.parametrize("path", ["/", "/trefoil.svg", "/no/such/page.html"])
def test_nginx_sets_the_security_headers_on_everything(web_server: httpx.Client, path: str) -> None:
    headers = web_server.get(path).headers
    assert headers["content-security-policy"] == "default-src 'self'"
    assert headers["strict-transport-security"] == "max-age=31536000; includeSubDomains"
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["x-frame-options"] == "DENY"
    assert headers["referrer-policy"] == "same-origin"


def test_nginx_lets_hashed_files_be_kept_and_compresses_them(web_server: httpx.Client) -> None:
    reply = web_server.get("/assets/app.0123abcd.js", headers={"Accept-Encoding": "gzip"})
    assert reply.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert reply.headers["content-encoding"] == "gzip"
