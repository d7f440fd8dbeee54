"""The certificate authorities that TLS trusts here, as far as environment variables decide, and advice about them.

OpenSSL reads SSL_CERT_FILE and SSL_CERT_DIR. Other programs' variables name a company's authority too, and people
expect them to count everywhere.
"""

from __future__ import annotations

import os
import re
import ssl
from collections.abc import Callable, Mapping
from contextlib import suppress

from tui.net.errors import Failure, Kind

FILE, FOLDER = "SSL_CERT_FILE", "SSL_CERT_DIR"
_NOT_READ = (
    "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS", "GIT_SSL_CAINFO", "AWS_CA_BUNDLE", "PIP_CERT",
)  # fmt: skip
_HASHED = re.compile(r"[0-9a-f]{8}\.[0-9]", re.IGNORECASE)


def require_usable() -> None:
    """Raise Failure TLS if SSL_CERT_FILE or SSL_CERT_DIR is set to something that isn't there."""
    for name, missing in _MISSING.items():
        value = os.environ.get(name)
        if value and (why := missing(value)):
            raise Failure(Kind.TLS, f"{name} cannot be used: {why}.", "", "Fix it or unset it. Nothing was sent.")


def _missing_file(path: str) -> str:
    if os.path.isdir(path):
        return "it names a folder, not a file"
    if not os.path.isfile(path):
        return "what it names is not there"
    return "" if os.access(path, os.R_OK) else "the file can't be read"


def _missing_folder(paths: str) -> str:
    return "" if any(map(os.path.isdir, paths.split(os.pathsep))) else "what it names is not there"


_MISSING: Mapping[str, Callable[[str], str]] = {FILE: _missing_file, FOLDER: _missing_folder}


def untrusted() -> tuple[str, str]:
    """Explain an authority that isn't trusted here: (why, what to do), in words that name the variable at fault."""
    file, folder = os.environ.get(FILE), os.environ.get(FOLDER)
    if file and not _holds_certificates(file):
        return (
            f"{FILE} names a file without any certificate in PEM form.",
            f"Point {FILE} to a PEM file that contains the authority, or unset it",
        )
    if file:
        return f"{FILE} decides which authorities are trusted.", "Add the authority to that file if you trust it"
    if folder and not any(map(_is_hashed, folder.split(os.pathsep))):
        return (
            f"{FOLDER} names a folder without any certificate under the name that OpenSSL looks for.",
            "Run `openssl rehash` on that folder, or unset the variable",
        )
    if folder:
        return (
            f"{FOLDER} decides which authorities are trusted.",
            "Add the authority to that folder if you trust it, and run `openssl rehash` on it",
        )
    other = next((name for name in _NOT_READ if os.environ.get(name)), "")
    if other:
        return (
            f"{other} is set, but this program doesn't read it. It reads {FILE}.",
            f"If you trust it, set {FILE} to the file that {other} names, or add the authority to the system's store",
        )
    return (
        "Most likely it belongs to a private CA.",
        f"If you trust it, add the authority to the system's store, or set {FILE} to its PEM file",
    )


def deciding() -> str:
    """Return the name of the variable that decides which authorities are trusted, or ""."""
    return next((name for name in _MISSING if os.environ.get(name)), "")


def _holds_certificates(path: str) -> bool:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    with suppress(OSError):  # SSLError too: nothing in it, or a damaged one behind good ones
        context.load_verify_locations(cafile=path)
    return context.cert_store_stats()["x509"] > 0


def _is_hashed(folder: str) -> bool:
    try:
        return any(map(_HASHED.fullmatch, os.listdir(folder)))
    except OSError:
        return False
