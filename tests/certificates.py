"""Certificates for tests: a CA's, a server's that are right, expired or for another name, and a client's."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

_DAY = timedelta(days=1)


class Authority:
    """A CA, and the files that it writes into a folder.

    Args:
        folder: where certificates are written.
        name: the CA's name, and its file's.
    """

    def __init__(self, folder: Path, name: str = "ca") -> None:
        self._folder, self._name, self._key = folder, _named(name), ec.generate_private_key(ec.SECP256R1())
        built = _builder(self._name, self._name, self._key).add_extension(
            x509.BasicConstraints(ca=True, path_length=0), True
        )
        usage = x509.KeyUsage(False, False, False, False, False, True, True, False, False)
        self._certificate = built.add_extension(usage, True).sign(self._key, hashes.SHA256())
        self.file = folder / f"{name}.pem"
        self.file.write_bytes(self._certificate.public_bytes(serialization.Encoding.PEM))

    def itself(self, name: str, *names: str) -> Path:
        """Return a file with a certificate that no CA signed, and its key."""
        return self._signed(name, names, 30 * _DAY, alone=True)

    def signed(self, name: str, *names: str, lasts: timedelta = 30 * _DAY) -> Path:
        """Return a file with a certificate and its key.

        Args:
            name: the file's name, and the subject.
            names: the addresses and host names that it is for.
            lasts: how long it still is good.
        """
        return self._signed(name, names, lasts)

    def _signed(self, name: str, names: Sequence[str], lasts: timedelta, *, alone: bool = False) -> Path:
        key = ec.generate_private_key(ec.SECP256R1())
        built = _builder(_named(name), _named(name) if alone else self._name, key, lasts)
        if names:
            built = built.add_extension(x509.SubjectAlternativeName([_general(each) for each in names]), False)
        certificate = built.sign(key if alone else self._key, hashes.SHA256())
        private = key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        file = self._folder / f"{name}.pem"
        file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM) + private)
        file.chmod(0o600)
        return file


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, lasts: timedelta = 30 * _DAY
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    began, ends = now - 60 * _DAY, now + lasts
    built = x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
    return built.serial_number(x509.random_serial_number()).not_valid_before(began).not_valid_after(ends)


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _general(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
