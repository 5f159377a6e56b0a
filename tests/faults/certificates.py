"""Servers that TLS is to keep out, and the one that it is to let in; their certificates are made here."""

import ssl
import warnings
from datetime import UTC, datetime
from functools import cache

import trustme

HOST = "127.0.0.1"


@cache
def _authority(name: str) -> trustme.CA:
    return trustme.CA(organization_name=name)


def trusting() -> ssl.SSLContext:
    """A client as the service has it, whose only authority is ours."""
    context = ssl.create_default_context()
    _authority("ours").configure_trust(context)
    return context


def careless() -> ssl.SSLContext:
    """A client that looks at nothing."""
    context = ssl.create_default_context()
    context.check_hostname = False
    context.verify_mode = ssl.CERT_NONE
    _age(context)
    return context


def honest() -> ssl.SSLContext:
    return _server(_authority("ours").issue_cert(HOST))


def wrong_host() -> ssl.SSLContext:
    return _server(_authority("ours").issue_cert("127.0.0.2", "orb.example"))


def expired() -> ssl.SSLContext:
    return _server(_authority("ours").issue_cert(HOST, not_after=datetime(2020, 1, 1, tzinfo=UTC)))


def unknown_authority() -> ssl.SSLContext:
    return _server(_authority("theirs").issue_cert(HOST))


def tls_1_1() -> ssl.SSLContext:
    context = honest()
    _age(context)
    return context


def _server(certificate: trustme.LeafCert) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    certificate.configure_cert(context)
    return context


def _age(context: ssl.SSLContext) -> None:
    """Makes it speak what was spoken until 2020, and nothing else."""
    context.set_ciphers("ALL:@SECLEVEL=0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", DeprecationWarning)
        context.minimum_version = ssl.TLSVersion.TLSv1_1
        if context.verify_mode == ssl.CERT_NONE and context.protocol == ssl.PROTOCOL_TLS_SERVER:
            context.maximum_version = ssl.TLSVersion.TLSv1_1
