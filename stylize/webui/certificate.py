"""The certificate by which the page is served over https."""

from __future__ import annotations

import os
import ssl
from dataclasses import dataclass

from ..errors import SettingsError

VARIABLE = "STYLIZE_SSL_PASSWORD"


@dataclass(frozen=True)
class Certificate:
    """PEM files: the certificate, with those that lead to its issuer, and its key, which may be the same."""

    certfile: str
    keyfile: str
    password: str | None = None

    @classmethod
    def of(cls, certfile: str | None, keyfile: str | None) -> Certificate | None:
        """The certificate of two files; None without any. The key's password is in STYLIZE_SSL_PASSWORD.

        Raises:
            SettingsError: if the files cannot be read or do not belong together.
        """
        if not certfile:
            if keyfile:
                raise SettingsError("A key needs its certificate: name it by --ssl-certfile.")
            return None
        found = cls(certfile, keyfile or certfile, os.environ.get(VARIABLE))
        found._check()
        return found

    def _check(self) -> None:
        for file in (self.certfile, self.keyfile):
            try:
                with open(file, "rb"):
                    pass
            except OSError as error:
                raise SettingsError(
                    "{file} cannot be read ({reason}): check the path and its permissions.",
                    file=file,
                    reason=error.strerror,
                ) from error
        try:
            # Without a password an empty one is tried; OpenSSL would ask for it at the terminal.
            ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(
                self.certfile, self.keyfile, self.password or ""
            )
        except (ssl.SSLError, ValueError) as error:
            raise SettingsError(
                "{certificate} and {key} are no certificate and its key ({reason}): both must be PEM files, "
                "and {variable} must hold the key's password if it has one.",
                certificate=self.certfile,
                key=self.keyfile,
                variable=VARIABLE,
                reason=getattr(error, "reason", None) or "wrong password",
            ) from error
