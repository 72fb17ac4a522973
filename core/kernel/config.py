"""Configuration: environment variables only, read once and validated at start."""

from __future__ import annotations

import re
from collections.abc import Mapping
from urllib.parse import SplitResult, urlsplit

from msgspec import Struct, field

from core import DEFAULT_FUNCTIONS
from core.kernel import cron
from core.kernel.mail.rules import is_address

LOG_LEVELS = ("DEBUG", "INFO", "WARNING", "ERROR")
STORE_SCHEMES = ("file", "memory", "s3", "gs", "az")


class ConfigError(Exception):
    """A variable is missing or malformed. The message names it and says what it must look like."""

    def __init__(self, variable: str, problem: str) -> None:
        super().__init__(f"{variable}: {problem}")
        self.variable = variable


class Variable(Struct, frozen=True):
    """An environment variable as those who set it are told of it, in Markdown; without `default` it has to be set.

    docs/configuration.md is made of the kernel's, below, and of those that a function set has as `VARIABLES` beside
    its `settings`. A test holds that each variable that is read is one of them.
    """

    name: str
    meaning: str
    default: str = ""


NONE = "none"
VARIABLES = (
    Variable(
        "TREFOIL_STORE",
        "where everything is kept: `file:///path`, `s3://bucket[/prefix]`, `gs://bucket[/prefix]` or "
        "`az://container[/prefix]`",
    ),
    Variable("TREFOIL_ISSUER", "URL that tokens name as their issuer; https, but for this machine"),
    Variable("TREFOIL_AUDIENCE", "audience of the tokens"),
    Variable(
        "TREFOIL_SIGNING_KEY",
        "one RSA private key or several, as PEM text, or `file:///path` to it (a mounted secret on Cloud Run), or "
        "`ssm:/name` on AWS; the first key signs, all verify",
    ),
    Variable(
        "TREFOIL_CORS_ORIGINS",
        "origins whose pages may call the API from a browser, with commas between, such as `https://app.example.com`; "
        "or `*`",
        NONE,
    ),
    Variable("TREFOIL_FUNCTIONS", "the package of the function set that runs", f"`{DEFAULT_FUNCTIONS}`"),
    Variable(
        "TREFOIL_QUEUES",
        "what stands before a queue's name: the beginning of an SQS queue's URL on AWS, "
        "`projects/P/topics/PREFIX-` on Google Cloud; elsewhere not needed",
        NONE,
    ),
    Variable(
        "TREFOIL_WORKFLOWS",
        "what stands before a workflow's name: the beginning of a state machine's ARN on AWS, "
        "`projects/P/locations/R/workflows/PREFIX-` on Google Cloud; elsewhere not needed",
        NONE,
    ),
    Variable(
        "TREFOIL_SCHEDULES",
        "another time for a function that runs on a schedule: `name=cron` in UTC, with semicolons between",
        "as declared",
    ),
    Variable(
        "TREFOIL_MAIL",
        "by what mails are sent: `smtp://USER:PASSWORD@HOST:587?starttls` or `smtps://` anywhere, `ses` on AWS, "
        "`https://NAME.communication.azure.com` on Azure, `file:///FOLDER` locally "
        "([Alerts](alerts.md#by-what-mails-are-sent))",
        "none: no mails",
    ),
    Variable("TREFOIL_MAIL_FROM", "the address that mails come from; set with `TREFOIL_MAIL`, or not at all", NONE),
    Variable("TREFOIL_SITE", "URL of the site, which mails name", NONE),
    Variable(
        "TREFOIL_LOG_LEVEL", f"the least of {', '.join(f'`{level}`' for level in LOG_LEVELS)} that is logged", "`INFO`"
    ),
    Variable("TREFOIL_DEBUG", "namespaces whose debug lines are logged whatever the level, with commas between", NONE),
)


class Config(Struct, frozen=True):
    """The validated environment.

    `signing_key` is PEM text or a reference that the adapter's secret port resolves; it is kept out of `repr`.
    `queues` and `workflows` are what a deployment puts before a queue's and a workflow's name, in the adapter's own
    way; the adapter says what that is.
    `schedules` are the functions that fire at another time than they declare, with their cron expressions.
    `mail` is by what mails are sent (`core.kernel.mail`), kept out of `repr`, and `mail_from` the address that they
    come from; both are empty where none are sent. `site` is the URL of the site, which mails name; empty: unknown.
    """

    store: str
    issuer: str
    audience: str
    signing_key: str
    cors_origins: tuple[str, ...] = ()
    log_level: str = "INFO"
    debug: tuple[str, ...] = ()
    queues: str = ""
    workflows: str = ""
    schedules: Mapping[str, str] = field(default_factory=dict)
    mail: str = ""
    mail_from: str = ""
    site: str = ""

    def __repr__(self) -> str:
        return f"Config(store={self.store!r}, issuer={self.issuer!r}, audience={self.audience!r})"

    @classmethod
    def from_environment(cls, environment: Mapping[str, str]) -> Config:
        """Read and validate. Raises `ConfigError` for the first variable that is missing or malformed."""
        return cls(
            store=_store(
                _required(environment, "TREFOIL_STORE", "a URL such as file:///var/lib/trefoil or s3://bucket")
            ),
            issuer=_issuer(_required(environment, "TREFOIL_ISSUER", "the https URL that tokens name as their issuer")),
            audience=_required(environment, "TREFOIL_AUDIENCE", "the audience that tokens are for, e.g. trefoil"),
            signing_key=_required(
                environment, "TREFOIL_SIGNING_KEY", "an RSA private key in PEM, or a reference to one"
            ),
            cors_origins=_origins(environment.get("TREFOIL_CORS_ORIGINS", "")),
            log_level=_log_level(environment.get("TREFOIL_LOG_LEVEL", "INFO")),
            debug=_namespaces(environment.get("TREFOIL_DEBUG", "")),
            queues=environment.get("TREFOIL_QUEUES", "").strip(),
            workflows=environment.get("TREFOIL_WORKFLOWS", "").strip(),
            schedules=schedules(environment),
            mail=environment.get("TREFOIL_MAIL", "").strip(),
            mail_from=_mail_from(environment),
            site=_site(environment.get("TREFOIL_SITE", "").strip()),
        )


def _required(environment: Mapping[str, str], variable: str, meaning: str) -> str:
    value = environment.get(variable, "").strip()
    if not value:
        raise ConfigError(variable, f"is not set; give {meaning}")
    return value


def url_of(variable: str, value: str) -> SplitResult:
    """The parts of a URL in a variable. Raises `ConfigError`."""
    try:
        return urlsplit(value)
    except ValueError:
        raise ConfigError(variable, f"{value!r} is not a URL") from None


def _store(value: str) -> str:
    url = url_of("TREFOIL_STORE", value)
    if url.scheme not in STORE_SCHEMES:
        raise ConfigError(
            "TREFOIL_STORE", f"{value!r} is not a store; use one of {', '.join(f'{s}://' for s in STORE_SCHEMES)}"
        )
    if url.scheme == "file" and (url.netloc or url.query or url.fragment or not url.path.strip("/")):
        raise ConfigError("TREFOIL_STORE", f"{value!r} must hold an absolute path, as in file:///var/lib/trefoil")
    if url.scheme in ("s3", "gs", "az") and not url.netloc:
        raise ConfigError("TREFOIL_STORE", f"{value!r} names no bucket or container")
    return value.rstrip("/") if url.scheme != "memory" else value


def _issuer(value: str) -> str:
    url = url_of("TREFOIL_ISSUER", value)
    local = url.hostname in ("localhost", "127.0.0.1", "::1")
    if not url.hostname or url.query or url.fragment or not (url.scheme == "https" or (url.scheme == "http" and local)):
        raise ConfigError("TREFOIL_ISSUER", f"{value!r} must be an https URL without query (http only for localhost)")
    return value.rstrip("/")


def _mail_from(environment: Mapping[str, str]) -> str:
    """The one of TREFOIL_MAIL and TREFOIL_MAIL_FROM is nothing without the other."""
    mail, sender = (environment.get(name, "").strip() for name in ("TREFOIL_MAIL", "TREFOIL_MAIL_FROM"))
    if mail and not sender:
        raise ConfigError("TREFOIL_MAIL_FROM", "is not set; give the address that mails come from")
    if sender and not mail:
        raise ConfigError(
            "TREFOIL_MAIL", "is not set, but TREFOIL_MAIL_FROM is; say by what mails are sent, or neither"
        )
    if sender and not is_address(sender):
        raise ConfigError("TREFOIL_MAIL_FROM", f"{sender!r} is no e-mail address such as alerts@example.com")
    return sender


def _site(value: str) -> str:
    url = url_of("TREFOIL_SITE", value)
    if value and (url.scheme not in ("http", "https") or not url.hostname or url.query or url.fragment):
        raise ConfigError("TREFOIL_SITE", f"{value!r} must be the URL of the site, such as https://app.example.com")
    return value.rstrip("/")


def _origins(value: str) -> tuple[str, ...]:
    origins = tuple(part.strip() for part in value.split(",") if part.strip())
    for origin in origins:
        if origin != "*" and not re.fullmatch(r"https?://[A-Za-z0-9.\-\[\]:]+", origin):
            raise ConfigError(
                "TREFOIL_CORS_ORIGINS", f"{origin!r} is not an origin such as https://app.example.com, nor *"
            )
    return origins


def _log_level(value: str) -> str:
    level = value.strip().upper()
    if level not in LOG_LEVELS:
        raise ConfigError("TREFOIL_LOG_LEVEL", f"{value!r} is not one of {', '.join(LOG_LEVELS)}")
    return level


def _namespaces(value: str) -> tuple[str, ...]:
    names = tuple(part.strip() for part in value.split(",") if part.strip())
    for name in names:
        if not re.fullmatch(r"[a-z][a-z_]*", name):
            raise ConfigError("TREFOIL_DEBUG", f"{name!r} is not a log namespace such as ingest or auth")
    return names


def schedules(environment: Mapping[str, str]) -> dict[str, str]:
    """TREFOIL_SCHEDULES: `name=cron`, with semicolons between, since a cron expression may hold commas.

    Raises `ConfigError`.
    """
    found: dict[str, str] = {}
    for part in filter(None, map(str.strip, environment.get("TREFOIL_SCHEDULES", "").split(";"))):
        name, equals, expression = (text.strip() for text in part.partition("="))
        if not equals or name in found:
            raise ConfigError("TREFOIL_SCHEDULES", f"{part!r} is not name=cron, each name once, as in report=0 3 * * *")
        try:
            cron.check(expression)
        except ValueError as error:
            raise ConfigError("TREFOIL_SCHEDULES", str(error)) from None
        found[name] = expression
    return found
