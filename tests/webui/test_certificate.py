"""A page over https, and certificates that are none."""

from __future__ import annotations

import datetime
import ipaddress
import ssl
import urllib.request

import pytest

from stylize.errors import SettingsError
from stylize.webui.certificate import VARIABLE, Certificate
from stylize.webui.profiles import LOCAL

from .conftest import second
from .visitor import Visitor

pytest.importorskip("cryptography", reason="without it no certificate can be made")


def made(folder, name, password=b""):
    """A self-signed certificate for the loopback, its key, and both in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes
    from cryptography.hazmat.primitives import serialization as form
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    who = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    now = datetime.datetime.now(datetime.UTC)
    names = x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))])
    signed = (
        x509.CertificateBuilder().subject_name(who).issuer_name(who).public_key(key.public_key())
        .serial_number(x509.random_serial_number()).not_valid_before(now - datetime.timedelta(1))
        .not_valid_after(now + datetime.timedelta(1)).add_extension(names, critical=False)
        .sign(key, hashes.SHA256())
    )  # fmt: skip
    hidden = form.BestAvailableEncryption(password) if password else form.NoEncryption()
    files = [folder / f"{name}.crt", folder / f"{name}.key", folder / f"{name}.pem"]
    files[0].write_bytes(signed.public_bytes(form.Encoding.PEM))
    files[1].write_bytes(key.private_bytes(form.Encoding.PEM, form.PrivateFormat.PKCS8, hidden))
    files[2].write_bytes(files[1].read_bytes() + files[0].read_bytes())
    return [str(each) for each in files]


class Secure(Visitor):
    def __init__(self, url, trusted):
        self.context = ssl.create_default_context(cafile=trusted)
        super().__init__(url)

    def request(self, path, data=None, **headers):
        headers = {name.replace("_", "-"): value for name, value in headers.items()}
        asked = urllib.request.Request(self.url + path, data, headers)
        return urllib.request.urlopen(asked, timeout=60, context=self.context)


def test_a_page_over_https(tmp_path, site, monkeypatch):
    certificate, key, both = made(tmp_path, "page", b"secret")
    monkeypatch.setenv(VARIABLE, "secret")
    for found in (Certificate.of(certificate, key), Certificate.of(both, None)):
        with second(LOCAL, tmp_path / "page", certificate=found) as served:
            assert served.url.startswith("https://127.0.0.1:")
            assert Secure(served.url, certificate).open()


def test_without_files_there_is_none():
    assert Certificate.of(None, None) is None


def test_what_is_no_certificate_is_said(tmp_path, monkeypatch):
    certificate, key, _ = made(tmp_path, "page")
    _, another, _ = made(tmp_path, "another")
    locked, locked_key, _ = made(tmp_path, "locked", b"secret")
    gone = str(tmp_path / "gone")
    text = tmp_path / "text.pem"
    text.write_text("hello")
    monkeypatch.delenv(VARIABLE, raising=False)
    for files, message in [
        ((None, key), "needs its certificate"), ((certificate, None), "no certificate and its key"),
        ((certificate, another), "no certificate and its key"), ((str(text), key), "must be PEM files"),
        ((gone, key), "gone cannot be read"), ((certificate, gone), "gone cannot be read"),
        ((str(tmp_path), key), "cannot be read"), ((locked, locked_key), VARIABLE),
    ]:  # fmt: skip
        with pytest.raises(SettingsError, match=message):
            Certificate.of(*files)
    monkeypatch.setenv(VARIABLE, "wrong")
    with pytest.raises(SettingsError, match=VARIABLE):
        Certificate.of(locked, locked_key)
