"""Links of customers lead nowhere but to the hosts that are allowed, on the public internet."""

import httpx
import pytest

from media.addresses import Rules, check, is_public
from media.errors import NotAllowed

RULES = Rules(("i.oneme.ru", "*.userapi.com"), "https://api.example.ru/bot")
HERE = Rules((), "http://127.0.0.1:8081/graph")


@pytest.mark.parametrize("address", ["93.184.216.34", "8.8.8.8", "2a00:1450:4010:c0e::8b"])
def test_addresses_of_the_internet(address: str) -> None:
    assert is_public(address)


@pytest.mark.parametrize(
    "address",
    [
        "127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "169.254.169.254",
        "100.64.0.1", "0.0.0.1", "224.0.0.1", "255.255.255.255", "240.0.0.1", "192.0.2.1",
        "198.18.0.1", "::1", "::", "fe80::1", "fe80::1%eth0", "fc00::1", "ff02::1", "fec0::1",
        "::ffff:127.0.0.1", "::ffff:10.0.0.1", "::ffff:169.254.169.254", "64:ff9b::7f00:1",
        "2002:7f00:1::", "2001:0:7f00:1::", "2001:db8::1", "::127.0.0.1",
    ],
)  # fmt: skip
def test_addresses_of_our_own_networks_and_tunnels_to_them(address: str) -> None:
    assert not is_public(address)


@pytest.mark.parametrize(
    "link",
    ["https://i.oneme.ru/i?r=1", "https://sun9-1.userapi.com/a.jpg", "https://api.example.ru/f/1",
     "https://I.ONEME.RU/i", "https://i.oneme.ru:443/i"],
)  # fmt: skip
def test_what_is_allowed(link: str) -> None:
    assert check(httpx.URL(link), RULES) is False


@pytest.mark.parametrize(
    ("link", "problem"),
    [
        ("http://i.oneme.ru/i", "scheme"),
        ("ftp://i.oneme.ru/i", "scheme"),
        ("https://i.oneme.ru:8443/i", "scheme"),
        ("https://i.oneme.ru@evil.example/i", "scheme"),
        ("https://userapi.com/a", "host"),
        ("https://evil-userapi.com/a", "host"),
        ("https://i.oneme.ru.evil.example/a", "host"),
        ("https://127.0.0.1/a", "host"),
        ("https://[::1]/a", "host"),
    ],
)
def test_what_is_not(link: str, problem: str) -> None:
    with pytest.raises(NotAllowed) as refused:
        check(httpx.URL(link), RULES)
    assert refused.value.problem == problem


def test_this_machine_only_where_the_api_itself_is_on_it() -> None:
    assert check(httpx.URL("http://127.0.0.1:8081/files/1"), HERE) is True
    for link in ("http://127.0.0.1:8080/files/1", "http://127.0.0.2:8081/files/1"):
        with pytest.raises(NotAllowed):
            check(httpx.URL(link), HERE)
    # An API of our own elsewhere in the network is no licence for that network.
    with pytest.raises(NotAllowed):
        check(httpx.URL("http://10.0.0.5/file"), Rules((), "http://10.0.0.5"))
