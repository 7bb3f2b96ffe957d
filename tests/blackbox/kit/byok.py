# SPDX-License-Identifier: Apache-2.0
"""A .byok file as the vendors' tools make it (data-plane.md C4)."""
import base64
import json
import os

from cryptography.hazmat.primitives import hashes, keywrap, serialization
from cryptography.hazmat.primitives.asymmetric import padding


def b64url(data):
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def wrapped(public_pem, kid, private_pem, spoil=False):
    """That private key under that key-exchange key; spoil changes one bit of it."""
    key = serialization.load_pem_private_key(private_pem, None)
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption())
    aes = os.urandom(32)
    oaep = padding.OAEP(padding.MGF1(hashes.SHA1()), hashes.SHA1(), None)
    sealed = serialization.load_pem_public_key(public_pem).encrypt(aes, oaep)
    body = bytearray(keywrap.aes_key_wrap_with_padding(aes, der))
    if spoil:
        body[-1] ^= 1
    return json.dumps({
        "schema_version": "1.0.0", "header": {"kid": kid, "alg": "dir", "enc": "CKM_RSA_AES_KEY_WRAP"},
        "ciphertext": b64url(sealed + body), "generator": "a test"}).encode()
