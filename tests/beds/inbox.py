"""A mail server on this machine, for where there is none: it takes mails (RFC 5321) and delivers none."""

from __future__ import annotations

from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from socketserver import StreamRequestHandler, ThreadingTCPServer
from threading import Lock

from tools.serving import serve


class _Server(ThreadingTCPServer):
    allow_reuse_address = True
    daemon_threads = True


class Inbox:
    """Listens on a free port of this machine until it is closed.

    Recipients in `down` are answered with 451, those in `refused` with 550. `mails` are those that came, in order.
    """

    def __init__(self) -> None:
        self.down: set[str] = set()
        self.refused: set[str] = set()
        self.mails: list[EmailMessage] = []
        self._lock = Lock()
        inbox = self

        class Handler(StreamRequestHandler):
            def handle(self) -> None:
                inbox.talk(self)

        self._server = _Server(("127.0.0.1", 0), Handler)
        self.url = f"smtp://127.0.0.1:{self._server.server_address[1]}"
        serve(self._server, "inbox")

    def to(self, address: str) -> list[EmailMessage]:
        """The mails that came for an address."""
        with self._lock:
            return [mail for mail in self.mails if mail["To"] == address]

    def talk(self, handler: StreamRequestHandler) -> None:
        """One conversation, until the client says QUIT or is gone."""

        def say(line: str) -> None:
            handler.wfile.write(f"{line}\r\n".encode())

        say("220 inbox ready")
        while line := handler.rfile.readline(1000).decode(errors="replace").strip():
            verb = line.partition(" ")[0].upper()
            if verb == "QUIT":
                say("221 bye")
                return
            say(self._answer(verb, line))
            if verb == "DATA":
                self._keep(handler)
                say("250 kept")

    def _answer(self, verb: str, line: str) -> str:
        address = line.partition("<")[2].partition(">")[0]
        if verb == "RCPT" and address in self.down:
            return "451 try again"
        if verb == "RCPT" and address in self.refused:
            return f"550 5.1.1 <{address}>: no such mailbox"  # as servers say it
        known = {"EHLO": "250 inbox", "HELO": "250 inbox", "DATA": "354 go on"}
        return known.get(verb, "250 ok" if verb in ("MAIL", "RCPT", "RSET", "NOOP") else "502 not here")

    def _keep(self, handler: StreamRequestHandler) -> None:
        lines = []
        while (line := handler.rfile.readline()) not in (b".\r\n", b""):
            lines.append(line.removeprefix(b".") if line.startswith(b"..") else line)
        mail = message_from_bytes(b"".join(lines), policy=default)
        with self._lock:
            self.mails.append(mail)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
