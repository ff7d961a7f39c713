"""The signature that a record carries over its own bytes.

A signature cannot be part of what it signs, so the file is made with 128 zeros in the attachment `signature.txt`
(kept uncompressed), signed like that, and the zeros are replaced by the signature's digits: nothing else moves.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from decisions.record.verify import MARK, UNSIGNED, signed_message


def unsigned_text(fingerprint: str) -> bytes:
    """Return the attachment with zeros where the signature will stand; `fingerprint` names the key."""
    return (
        b"Premise record signature\n"
        b"Algorithm: Ed25519\n"
        b"Key, SHA-256 of the public key: " + fingerprint.encode() + b"\n"
        b'Signed: the words "Premise record 1 " followed by the SHA-256, in lower-case hexadecimal,\n'
        b"of this PDF with the 128 digits below replaced by zeros.\n" + MARK + UNSIGNED + b"\n"
    )


def sign_pdf(pdf: bytes, key: Ed25519PrivateKey) -> bytes:
    """Return the file with its signature in place; ValueError when there is not exactly one place for it."""
    if pdf.count(MARK + UNSIGNED) != 1:
        raise ValueError("The record has no place of its own for the signature.")
    start = pdf.index(MARK + UNSIGNED) + len(MARK)
    signature = key.sign(signed_message(pdf)).hex().encode()
    return pdf[:start] + signature + pdf[start + len(UNSIGNED) :]
