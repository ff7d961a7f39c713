"""Where a pull may go: addresses taken apart strictly, held against what is allowed, and what a name resolved to.

A name is judged twice: by the list of allowed names as it is written, and by every address it resolves to. Whoever
connects must connect to an address that was judged, not resolve the name again.
"""

import re
from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from urllib.parse import unquote, urlsplit

DEFAULT_PORTS = {"https": 443, "http": 80, "postgresql": 5432}
LONGEST = 500
_LABEL = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?<!-)", re.ASCII)
_NUMERIC = re.compile(r"(0x[0-9a-f]*|\d+)", re.ASCII | re.IGNORECASE)
_TRANSLATED = IPv6Network("64:ff9b::/96")  # RFC 6052: an IPv4 address in its last 32 bits
_SPECIAL = (ip_network("192.0.0.0/24"), ip_network("fec0::/10"))  # what Python's is_global does not know of
_NEVER = {ip_address("169.254.169.254"), ip_address("fd00:ec2::254"), ip_address("100.100.100.200")}  # metadata

Address = IPv4Address | IPv6Address


class Forbidden(ValueError):
    """A destination that is not allowed, or cannot be read; the sentence says what to do."""


@dataclass(frozen=True, kw_only=True)
class Destination:
    """An address taken apart. `file`: the path of an SQLite file; otherwise host and port of a server."""

    scheme: str
    host: str = ""
    port: int = 0
    user: str = ""
    path: str = ""  # with the query, as it is asked for; of PostgreSQL the name of the database
    file: str = ""

    @property
    def origin(self) -> str:
        """Return what a credential belongs to: it goes nowhere else."""
        if self.file:
            return f"sqlite:{self.file}"
        host = f"[{self.host}]" if ":" in self.host else self.host
        who = f"{self.user}@" if self.user else ""
        return f"{self.scheme}://{who}{host}:{self.port}"


@dataclass(frozen=True, kw_only=True)
class Allowed:
    """What an installation lets pulls reach; nothing by default. Hosts in lower case, by exact name.

    `private_hosts` may have private addresses too; `folders` hold the SQLite files that may be read.
    """

    schemes: Collection[str] = ()
    hosts: Collection[str] = ()
    private_hosts: Collection[str] = ()
    ports: Collection[int] = ()
    folders: Collection[str] = ()

    def check(self, wanted: Destination) -> None:
        """Raise Forbidden, naming the setting, unless scheme, host and port are allowed. Files: see the reader."""
        if wanted.scheme not in self.schemes:
            raise Forbidden(f"Pulls by {wanted.scheme} are not allowed here; the setting PULL_SCHEMES names what is.")
        if wanted.scheme == "sqlite":
            return
        if wanted.host not in self.hosts and wanted.host not in self.private_hosts:
            raise Forbidden(f"The host {wanted.host} is not allowed; an administrator adds it to PULL_HOSTS.")
        if wanted.port not in self.ports:
            raise Forbidden(f"The port {wanted.port} is not allowed; an administrator adds it to PULL_PORTS.")

    def check_address(self, wanted: Destination, found: str) -> None:
        """Raise Forbidden when a host resolved to where pulls may not go. The address is not told: it is not theirs."""
        address = ip_address(found.partition("%")[0])
        if any(_never(each) for each in _meant(address)):
            raise Forbidden(f"The host {wanted.host} resolves to an address that no pull may reach.")
        if wanted.host not in self.private_hosts and not all(_public(each) for each in _meant(address)):
            raise Forbidden(
                f"The host {wanted.host} resolves to a private address; where that is meant, an administrator adds it "
                "to PULL_PRIVATE_HOSTS."
            )


def destination(text: str) -> Destination:
    """Take an address apart; Forbidden for whatever two readers could understand differently, and for secrets in it."""
    if len(text) > LONGEST:
        raise Forbidden(f"Use at most {LONGEST} characters for the address.")
    if not text.isascii() or not text.isprintable() or set(text) & set(' "<>\\^`{|}'):
        raise Forbidden("The address contains a character that does not belong there.")
    scheme, found, rest = text.partition(":")
    scheme = {"postgres": "postgresql"}.get(scheme.lower(), scheme.lower())
    if not found or scheme not in {*DEFAULT_PORTS, "sqlite"}:
        raise Forbidden("Begin the address with https://, http://, postgresql:// or sqlite:///.")
    if not rest.startswith("//"):
        raise Forbidden(f"Write two slashes after {scheme}:, as in {scheme}://host/path.")
    return _file(rest) if scheme == "sqlite" else _server(scheme, rest)


def _file(rest: str) -> Destination:
    if not rest.startswith("///") or set(rest) & set("?#%") or rest.endswith("/"):
        raise Forbidden("Write a file as sqlite:/// and its path, without anything after it.")
    # Three slashes begin a path within an allowed folder, four a path from the root.
    return Destination(scheme="sqlite", file=rest[3:])


def _server(scheme: str, rest: str) -> Destination:
    try:
        parts = urlsplit(f"{scheme}:{rest}")
        port = parts.port
    except ValueError as error:
        raise Forbidden("The address cannot be read; write it as scheme://host:port/path.") from error
    if parts.password is not None or (parts.username is not None and scheme != "postgresql"):
        raise Forbidden("Leave name and password out of the address, and give them as the credential below.")
    if parts.fragment or "#" in rest:
        raise Forbidden("Leave out what follows #.")
    if scheme == "postgresql" and (parts.query or "?" in rest or parts.path.count("/") != 1 or len(parts.path) < 2):
        raise Forbidden("Write a database as postgresql://user@host:port/database, without parameters.")
    path = unquote(parts.path[1:]) if scheme == "postgresql" else (parts.path or "/")
    if scheme != "postgresql" and parts.query:
        path += f"?{parts.query}"
    host = parts.netloc.rpartition("@")[2]
    return Destination(
        scheme=scheme,
        host=_host(host),
        port=DEFAULT_PORTS[scheme] if port is None else port,
        user=unquote(parts.username or ""),
        path=path,
    )


def _host(netloc: str) -> str:
    """Return the host in the one spelling that every reader understands alike; refuse every other."""
    if netloc.startswith("["):
        literal, _, rest = netloc[1:].partition("]")
        if "%" in literal or (rest and not rest.startswith(":")):
            raise Forbidden("Write an IPv6 address as in [2001:db8::1]:443, without the name of an interface.")
        try:
            return str(IPv6Address(literal))
        except ValueError as error:
            raise Forbidden("The host in brackets is not an IPv6 address.") from error
    host = netloc.partition(":")[0].lower()
    labels = host.split(".")
    if not host or len(host) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise Forbidden("Write the host as a plain name, as in metrics.example.org, without a dot at its end.")
    if _NUMERIC.fullmatch(labels[-1]):
        # 2130706433, 0x7f.1 and 0177.0.0.1 are all 127.0.0.1 to some readers.
        try:
            return str(IPv4Address(host))
        except ValueError as error:
            raise Forbidden("Write an address as four decimal numbers, as in 192.0.2.10.") from error
    return host


def _meant(address: Address) -> list[Address]:
    """Return the address and every IPv4 address that it carries inside."""
    meant: list[Address] = [address]
    if isinstance(address, IPv6Address):
        meant += [each for each in (address.ipv4_mapped, address.sixtofour) if each is not None]
        meant += list(address.teredo or ())
        if address in _TRANSLATED:
            meant.append(IPv4Address(int(address) & 0xFFFFFFFF))
    return meant


def _never(address: Address) -> bool:
    """Say whether nothing that answers there can be a data source, whatever a name is allowed to be."""
    reserved = address.is_reserved and not address.is_loopback  # ::1 lies in a reserved block
    odd = address.is_link_local or address.is_multicast or address.is_unspecified or reserved
    return address in _NEVER or odd


def _public(address: Address) -> bool:
    special = any(address in network for network in _SPECIAL if network.version == address.version)
    return address.is_global and not (address.is_multicast or address.is_reserved or special)
