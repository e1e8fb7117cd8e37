"""Where a login came from: as little as its owner needs to know it again."""

import re
import struct
from dataclasses import dataclass
from ipaddress import IPv6Address, ip_address

# What a browser calls itself holds the names of those it wants to be taken for: the most special
# name stands first.
_BROWSERS = (
    (re.compile(r"YaBrowser/|YaApp"), "Яндекс Браузер"),
    (re.compile(r"\bOPR/|\bOPT/|Opera"), "Opera"),
    (re.compile(r"\bEdg(?:A|iOS|e)?/"), "Edge"),
    (re.compile(r"SamsungBrowser/"), "Samsung Internet"),
    (re.compile(r"Firefox/|FxiOS/"), "Firefox"),
    (re.compile(r"Chrom(?:e|ium)/|CriOS/"), "Chrome"),
    (re.compile(r"Version/\S+ .*Safari/"), "Safari"),
)
_SYSTEMS = (
    (re.compile(r"Windows"), "Windows"),
    (re.compile(r"iPhone"), "iPhone"),
    (re.compile(r"iPad"), "iPad"),
    (re.compile(r"Android"), "Android"),
    (re.compile(r"Macintosh"), "macOS"),
    (re.compile(r"\bCrOS\b"), "ChromeOS"),
    (re.compile(r"Linux|X11"), "Linux"),
)
# What a stranger makes longer than any browser does is not read to the end.
_READ = 400


@dataclass(frozen=True, slots=True)
class Device:
    """``browser``: «Chrome на Windows»; ``network``: «192.0.2.*». Empty where it is not known."""

    browser: str = ""
    network: str = ""


UNKNOWN = Device()


def device_of(user_agent: str, address: str) -> Device:
    return Device(browser_name(user_agent), shortened(address))


def browser_name(user_agent: str) -> str:
    """Browser and system in plain words, by the header ``User-Agent`` (RFC 9110, 10.1.5)."""
    user_agent = user_agent[:_READ]
    browser = next((name for sign, name in _BROWSERS if sign.search(user_agent)), "")
    system = next((name for sign, name in _SYSTEMS if sign.search(user_agent)), "")
    if browser and system:
        return f"{browser} на {system}"
    return browser or (f"Браузер на {system}" if system else "")


def shortened(address: str) -> str:
    """The network without the one machine in it: three numbers of IPv4, three groups of IPv6."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return ""
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is None:
            first = struct.unpack(">HHH", parsed.packed[:6])
            return ":".join(f"{group:x}" for group in first) + ":*"
        parsed = parsed.ipv4_mapped
    return str(parsed).rpartition(".")[0] + ".*"
