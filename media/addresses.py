"""Where customers' files may be fetched from. Pure.

A link comes from outside: it must not lead into our own network (OWASP, server-side request
forgery). Special addresses: RFC 6890 and the IANA registries that ``ipaddress`` follows.
"""

from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address

import httpx

from media.errors import NotAllowed
from media.models import Problem

# All of the unicast IPv6 internet that is handed out.
_GLOBAL_UNICAST = IPv6Network("2000::/3")
_HTTPS = 443


@dataclass(frozen=True, slots=True)
class Rules:
    """``hosts``: «i.example.ru» or «*.example.ru», the latter without «example.ru» itself.

    ``own``: the address of the platform's API. It is always allowed, and where it is on this
    machine (a stand-in or a server of one's own) loopback and plain http are, there only.
    """

    hosts: tuple[str, ...] = ()
    own: str = ""


def is_public(address: str) -> bool:
    """Whether the address is one of the internet, and not of a machine, a network or a tunnel
    that holds another address inside."""
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address):
        if ip.ipv4_mapped is not None:
            return is_public(str(ip.ipv4_mapped))
        if ip not in _GLOBAL_UNICAST or ip.sixtofour is not None or ip.teredo is not None:
            return False
    return ip.is_global and not ip.is_multicast and not ip.is_reserved


def is_loopback(address: str) -> bool:
    ip = ip_address(address.partition("%")[0])
    if isinstance(ip, IPv6Address) and ip.ipv4_mapped is not None:
        return ip.ipv4_mapped.is_loopback
    return ip.is_loopback


def check(url: httpx.URL, rules: Rules) -> bool:
    """Whether the link may lead to this very machine. Raises NotAllowed."""
    own = httpx.URL(rules.own) if rules.own else None
    if own is not None and _origin(url) == _origin(own) and _is_here(own.host):
        return True
    if url.scheme != "https" or url.userinfo or url.port not in (None, _HTTPS):
        raise NotAllowed(Problem.SCHEME, url.host)
    allowed = (*rules.hosts, own.host) if own is not None else rules.hosts
    if not any(_fits(url.host, host.lower()) for host in allowed):
        raise NotAllowed(Problem.HOST, url.host)
    return False


def _origin(url: httpx.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _is_here(host: str) -> bool:
    if host == "localhost":
        return True
    try:
        return is_loopback(host)
    except ValueError:
        return False


def _fits(host: str, allowed: str) -> bool:
    if allowed.startswith("*."):
        return host.endswith(allowed[1:]) and host != allowed[2:]
    return host == allowed
