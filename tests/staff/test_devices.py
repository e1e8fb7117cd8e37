"""Where a login came from, in plain words and no more of it than its owner needs."""

import pytest

from staff.devices import browser_name, shortened

WINDOWS = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko)"
ANDROID = "Mozilla/5.0 (Linux; Android 14; SM-S911B) AppleWebKit/537.36 (KHTML, like Gecko)"
MAC = "Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) AppleWebKit/605.1.15 (KHTML, like Gecko)"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_1 like Mac OS X) AppleWebKit/605.1.15"


@pytest.mark.parametrize(
    ("user_agent", "words"),
    [
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36", "Chrome на Windows"),
        (f"{WINDOWS} Chrome/130.0.0.0 YaBrowser/24.12.0.0 Safari/537.36",
         "Яндекс Браузер на Windows"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 Edg/131.0.0.0", "Edge на Windows"),
        (f"{WINDOWS} Chrome/131.0.0.0 Safari/537.36 OPR/116.0.0.0", "Opera на Windows"),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:133.0) Gecko/20100101 Firefox/133.0",
         "Firefox на Linux"),
        (f"{ANDROID} SamsungBrowser/27.0 Chrome/125.0.0.0 Mobile Safari/537.36",
         "Samsung Internet на Android"),
        (f"{MAC} Version/18.1 Safari/605.1.15", "Safari на macOS"),
        (f"{IPHONE} (KHTML, like Gecko) CriOS/131.0.6778.73 Mobile/15E148 Safari/604.1",
         "Chrome на iPhone"),
        ("Something on Windows", "Браузер на Windows"),
        ("Firefox/133.0", "Firefox"),
        ("curl/8.5.0", ""),
        ("Version/ " * 20_000, ""),
        ("", ""),
    ],
)  # fmt: skip
def test_a_browser_has_a_name_that_people_use(user_agent: str, words: str) -> None:
    assert browser_name(user_agent) == words


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.*"),
        ("::ffff:192.0.2.77", "192.0.2.*"),
        ("2001:db8:12:34:5:6:7:8", "2001:db8:12:*"),
        ("fe80::1%eth0", "fe80:0:0:*"),
        ("unknown", ""),
    ],
)
def test_of_an_address_the_network_is_kept(address: str, network: str) -> None:
    assert shortened(address) == network
