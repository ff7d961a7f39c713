"""The hash chain: from one entry's columns to the bytes that are hashed, and from one hash to the next."""

import hashlib
import re

GENESIS = "0" * 64
SYSTEM = "system"
PLAIN = re.compile(r"[ !#-\[\]-~]{1,160}")
"""Printable ASCII without quote and backslash: such a word stands in JSON as it is, so no escaping can be ambiguous."""


def entry_text(  # noqa: PLR0917 one per column; called once an entry, where keywords cost a tenth of the time
    seq: int, stream: str, stream_seq: int, at: str, actor: str, verb: str, subject: str, payload: str
) -> str:
    """Return the entry's canonical text (RFC 8785: keys in order, no spaces), with the payload's text as stored."""
    return (
        f'{{"actor":"{actor}","at":"{at}","payload":{payload},"seq":{seq},"stream":"{stream}",'
        f'"stream_seq":{stream_seq},"subject":"{subject}","verb":"{verb}"}}'
    )


def leaf_hash(text: str) -> str:
    """Return the RFC 9162 leaf hash of an entry's text, in hexadecimal."""
    return hashlib.sha256(b"\x00" + text.encode()).hexdigest()


def chain_hash(previous: str, leaf: str) -> str:
    """Return the hash that binds an entry to everything before it; 0x02 keeps it apart from the Merkle tree's nodes."""
    return hashlib.sha256(b"\x02" + bytes.fromhex(previous) + bytes.fromhex(leaf)).hexdigest()
