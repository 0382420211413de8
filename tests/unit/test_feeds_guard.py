from ipaddress import IPv4Address, IPv6Address

import pytest
from hypothesis import given
from hypothesis import strategies as st

from aggregator.feeds.guard import Destination, destination, refusal

PUBLIC = ["8.8.8.8", "93.184.215.14", "2606:4700::6810:84e5", "2a00:1450:4001:81b::200e"]
PRIVATE = ["127.0.0.1", "127.255.0.9", "10.1.2.3", "172.16.0.1", "172.31.255.255", "192.168.1.1"]
PRIVATE += ["100.64.0.1", "::1", "fd12:3456::1", "fc00::1"]
NEVER = ["0.0.0.0", "0.1.2.3", "169.254.169.254", "169.254.0.1", "224.0.0.1", "239.1.1.1"]
NEVER += ["255.255.255.255", "240.0.0.1", "192.0.0.8", "198.18.0.1", "192.88.99.1", "192.0.2.7"]
NEVER += ["::", "fe80::1", "fe80::1%eth0", "ff02::1", "::ffff:127.0.0.1", "::ffff:8.8.8.8"]
NEVER += ["::127.0.0.1", "64:ff9b::7f00:1", "64:ff9b:1::1", "2001::1", "2002:7f00:1::", "fec0::1"]
NEVER += ["2001:db8::1", "2001:10::1", "3fff::1", "5f00::1", "100.100.100.200", "fd00:ec2::254"]
NEVER += ["", "localhost", "1.2.3", "not an address"]


@pytest.mark.parametrize("address", PUBLIC)
@pytest.mark.parametrize("allow_private", [True, False])
def test_s01_a_public_address_may_be_asked(address, allow_private):
    assert refusal([address], allow_private=allow_private) is None


@pytest.mark.parametrize("address", PRIVATE)
def test_s01_a_private_address_is_refused_unless_the_feed_allows_it(address):
    why = refusal([address], allow_private=False)
    assert why is not None
    assert why.startswith(address)
    assert refusal([address], allow_private=True) is None


@pytest.mark.parametrize("address", NEVER)
@pytest.mark.parametrize("allow_private", [True, False])
def test_s01_special_addresses_are_refused_whatever_the_feed_allows(address, allow_private):
    assert refusal([address], allow_private=allow_private) is not None


def test_s02_one_private_address_among_public_ones_refuses_all():
    why = refusal(["8.8.8.8", "10.0.0.1", "1.1.1.1"], allow_private=False)
    assert why == "10.0.0.1 is a private address"


def test_a_host_without_addresses_is_refused():
    assert refusal([], allow_private=True) == "no address"


@given(st.ip_addresses())
def test_s01_what_passes_is_what_the_standard_library_calls_global(address: object):
    assert isinstance(address, IPv4Address | IPv6Address)
    if refusal([str(address)], allow_private=False) is None:
        assert address.is_global
        assert not address.is_multicast


@pytest.mark.parametrize(
    "url",
    [
        "http://0x7f.1/",
        "http://2130706433/",
        "http://0177.0.0.1/",
        "http://127.1/",
        "http://1.2.3.4.5/",
        "http://256.1.1.1/",
        "http://[::ffff:127.0.0.1",
        "http://[fe80::1%25eth0]/",
        "http://127.0.0.1%2f.wire-one.example/",
        "http://wire-one.example\\@127.0.0.1/",
        "http://wire one.example/",
        "http://wire-one.example/\r\nHost:x",
        "http:///feed",
        "http://wire-one.example:99999/",
        "http://wire-one.example:x/",
        "http://-wire.example/",
        "http://wire..example/",
        "file:///etc/passwd",
        "ftp://wire-one.example/",
        "gopher://wire-one.example/",
        "data:text/xml,<rss/>",
        "javascript:alert(1)",
        "//wire-one.example/feed",
        "wire-one.example/feed",
        "",
        "http://wire-one.example/" + "a" * 5000,
    ],
)
def test_s03_a_url_with_a_trick_in_it_is_refused_in_one_line(url):
    why = destination(url)
    assert isinstance(why, str)
    assert "\n" not in why


@pytest.mark.parametrize(
    ("url", "host"),
    [
        ("http://LOCALHOST./", "localhost"),
        ("http://127。0。0。1/", "127.0.0.1"),
        ("http://１２７.0.0.1/", "127.0.0.1"),
        (
            "http://[0:0::FFFF:7f00:1]/",
            str(IPv6Address("::ffff:127.0.0.1")),
        ),  # as 3.13 has it, or 3.11
        ("http://bücher.example/", "xn--bcher-kva.example"),
        ("http://wire-one.example./", "wire-one.example"),
    ],
)
def test_s03_a_host_has_one_form_for_looking_up_and_for_asking(url, host):
    to = destination(url)
    assert isinstance(to, Destination)
    assert to.host == host


def test_a_destination_is_taken_apart_once():
    to = destination("HTTPS://u%40x:p%3Aw@Wire-One.example:8443/a b/ü?q=1|2".replace(" ", "%20"),
                     credentials=True)  # fmt: skip
    assert isinstance(to, Destination)
    assert to.origin == ("https", "wire-one.example", 8443)
    assert to.target == "/a%20b/%C3%BC?q=1|2"
    assert to.credentials == ("u@x", "p:w")
    assert to.authority == "wire-one.example:8443"
    assert "p" not in to.url.removeprefix("https://").partition("/")[0].replace("example", "")


def test_credentials_are_refused_where_they_are_not_expected():
    assert destination("http://u:p@wire-one.example/") == "the URL carries credentials"


def test_a_default_port_is_left_out_of_the_host_header_and_v6_keeps_its_brackets():
    plain, six = (
        destination("https://wire-one.example:443"),
        destination("http://[2606:4700::1]:81/"),
    )
    assert isinstance(plain, Destination)
    assert isinstance(six, Destination)
    assert (plain.authority, plain.target) == ("wire-one.example", "/")
    assert six.authority == "[2606:4700::1]:81"
