"""Where a pull may go: odd spellings, lists of what is allowed, and every kind of address a name can resolve to."""

import pytest

from metrics.domain.destinations import Allowed, Destination, Forbidden, destination

ALLOWED = Allowed(schemes={"https"}, hosts={"public.example"}, private_hosts={"inside.example"}, ports={443})


@pytest.mark.parametrize(
    "text, origin, path",
    [
        ("https://a.example", "https://a.example:443", "/"),
        ("HTTPS://A.Example:8443/Q?x=1", "https://a.example:8443", "/Q?x=1"),
        ("http://192.0.2.10:9090/", "http://192.0.2.10:9090", "/"),
        ("http://[2001:DB8::1]:9090/x", "http://[2001:db8::1]:9090", "/x"),
        ("postgres://reader@db.example:5433/facts", "postgresql://reader@db.example:5433", "facts"),
        ("sqlite:///figures.db", "sqlite:figures.db", ""),
        ("sqlite:////srv/figures.db", "sqlite:/srv/figures.db", ""),
    ],
)
def test_a_plain_address_is_taken_apart(text: str, origin: str, path: str):
    found = destination(text)
    assert (found.origin, found.path) == (origin, path)


@pytest.mark.parametrize(
    "text",
    [
        *("http://2130706433/", "http://0x7f000001/", "http://0x7f.1/", "http://0177.0.0.1/", "http://127.1/"),
        *("http://127.0.0.01/", "http://①②⑦.0.0.1/", "https://a.example./", "https://a%2eexample/", "https:///x"),
        *("https://u:p@a.example/", "https://u@a.example/", "https://a.example@evil.example/", "https:a.example"),
        *("https://a.example\\@evil.example/", "https://a.example/ x", "https://a.example/\n", "https://a.example#x"),
        *(
            "https://a.example:99999/",
            "https://a.example:443abc/",
            "https://[::1",
            "https://[::1%25eth0]/",
            "https://[::1]x/",
        ),
        *("postgresql://u:pw@h/db", "postgresql://u@h/db?hostaddr=1.2.3.4", "postgresql:///db?host=/tmp"),
        *("postgresql://h1,h2/db", "postgresql://u@h/", "postgresql://u@%2Ftmp/db", "sqlite:///f.db?mode=rw"),
        *("sqlite://f.db", "sqlite:///", "file:///etc/passwd", "gopher://a.example/", "ftp://a.example/", "", "x"),
        "https://a.example/" + "x" * 600,
    ],
)
def test_what_two_readers_could_understand_differently_is_refused(text: str):
    with pytest.raises(Forbidden):
        destination(text)


@pytest.mark.parametrize(
    "text, setting",
    [
        ("http://public.example/", "PULL_SCHEMES"),
        ("https://other.example/", "PULL_HOSTS"),
        ("https://sub.public.example/", "PULL_HOSTS"),
        ("https://public.example:8443/", "PULL_PORTS"),
    ],
)
def test_what_is_not_on_a_list_is_refused_by_the_name_of_the_list(text: str, setting: str):
    with pytest.raises(Forbidden, match=setting):
        ALLOWED.check(destination(text))


def test_nothing_is_allowed_by_default():
    with pytest.raises(Forbidden, match="PULL_SCHEMES"):
        Allowed().check(destination("https://public.example/"))


PUBLIC = ["8.8.8.8", "93.184.216.34", "2606:4700::1111"]
PRIVATE = [
    *("127.0.0.1", "127.9.9.9", "10.0.0.1", "172.16.0.1", "192.168.1.1", "100.64.0.1", "192.0.0.8", "198.18.0.1"),
    *("::1", "fd00::1", "fec0::1", "2001:db8::1", "2002:0a00:0001::", "2001:0:4136:e378:8000:63bf:3fff:fdd2"),
]
NEVER = [
    *("169.254.169.254", "169.254.1.1", "0.0.0.0", "224.0.0.1", "240.0.0.1", "255.255.255.255", "100.100.100.200"),
    *("::", "fe80::1", "fe80::1%eth0", "ff02::1", "fd00:ec2::254", "::ffff:127.0.0.1", "::ffff:10.0.0.1"),
    *("::ffff:169.254.169.254", "64:ff9b::a00:1", "::7f00:1"),
]


def _reaches(host: str, address: str) -> bool:
    try:
        ALLOWED.check_address(Destination(scheme="https", host=host, port=443), address)
    except Forbidden:
        return False
    return True


def test_what_a_name_means_inside_is_not_told():
    with pytest.raises(Forbidden) as refusal:
        ALLOWED.check_address(Destination(scheme="https", host="public.example", port=443), "10.1.2.3")
    assert "10.1.2.3" not in str(refusal.value)


@pytest.mark.parametrize("address", [*PUBLIC, *PRIVATE, *NEVER])
def test_a_name_reaches_public_addresses_and_where_it_was_said_private_ones(address: str):
    assert _reaches("public.example", address) is (address in PUBLIC)
    assert _reaches("inside.example", address) is (address not in NEVER)
