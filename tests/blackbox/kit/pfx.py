# SPDX-License-Identifier: Apache-2.0
"""
PKCS#12 byte by byte (RFC 7292, RFC 8018, RFC 9579), as programs write it that are not here:
Windows with its attributes, BER with indefinite lengths, and what nobody in his right mind
would write. Each function gives bytes; a Shape says how a whole file is put together.
"""
import dataclasses
import hashlib
import hmac
import os
import subprocess
import uuid

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes

SHA1_3DES, SHA1_RC2_40 = "1.2.840.113549.1.12.1.3", "1.2.840.113549.1.12.1.6"
PBES2, PBKDF2, PBMAC1 = "1.2.840.113549.1.5.13", "1.2.840.113549.1.5.12", "1.2.840.113549.1.5.14"
AES = {128: "2.16.840.1.101.3.4.1.2", 192: "2.16.840.1.101.3.4.1.22", 256: "2.16.840.1.101.3.4.1.42"}
PRF = {"sha1": "1.2.840.113549.2.7", "sha224": "1.2.840.113549.2.8", "sha256": "1.2.840.113549.2.9",
       "sha384": "1.2.840.113549.2.10", "sha512": "1.2.840.113549.2.11"}
HASH = {"sha1": "1.3.14.3.2.26", "sha256": "2.16.840.1.101.3.4.2.1", "sha384": "2.16.840.1.101.3.4.2.2",
        "sha512": "2.16.840.1.101.3.4.2.3"}
DATA, ENCRYPTED = "1.2.840.113549.1.7.1", "1.2.840.113549.1.7.6"
KEY_BAG, SHROUDED_BAG, CERT_BAG, SAFE_BAG = (f"1.2.840.113549.1.12.10.1.{n}" for n in (1, 2, 3, 6))
X509_CERT, FRIENDLY_NAME, LOCAL_KEY_ID = (f"1.2.840.113549.1.9.{n}" for n in ("22.1", "20", "21"))
CSP_NAME = "1.3.6.1.4.1.311.17.1"
KEY_USAGE = "2.5.29.15"


# ------------------------------------------------------------------------------ DER

def tlv(tag, *parts):
    body = b"".join(parts)
    n = len(body)
    if n < 128:
        return bytes([tag, n]) + body
    size = n.to_bytes((n.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(size)]) + size + body


def seq(*parts):
    return tlv(0x30, *parts)


def octets(b):
    return tlv(0x04, b)


def integer(n):
    return tlv(0x02, n.to_bytes(n.bit_length() // 8 + 1, "big", signed=n < 0))


def bmp(text):
    return tlv(0x1E, text.encode("utf-16-be"))


def oid(text):
    first, second, *rest = map(int, text.split("."))
    out = b""
    for n in (first * 40 + second, *rest):
        septets = [n & 0x7F]
        while n := n >> 7:
            septets.append(n & 0x7F | 0x80)
        out += bytes(reversed(septets))
    return tlv(0x06, out)


def algorithm(name, *parameters):
    return seq(oid(name), *parameters)


# ---------------------------------------------------------------------- derivations

def kdf12(password, salt, iterations, what, size, name="sha1"):
    """RFC 7292 B.2; password: the BMP string with its two zeros, or nothing at all."""
    block = 128 if name in ("sha384", "sha512") else 64

    def fill(b):
        return (b * (block // len(b) + 1))[:block * -(-len(b) // block)] if b else b""
    d, i, out = bytes([what]) * block, fill(salt) + fill(password), b""
    while len(out) < size:
        a = hashlib.new(name, d + i).digest()
        for _ in range(iterations - 1):
            a = hashlib.new(name, a).digest()
        out += a
        b = int.from_bytes(fill(a)[:block], "big") + 1
        i = b"".join(((int.from_bytes(i[k:k + block], "big") + b) % (1 << 8 * block)).to_bytes(block, "big")
                     for k in range(0, len(i), block))
    return out[:size]


def bmp_password(text):
    return b"" if text is None else text.encode("utf-16-be") + b"\0\0"


def pad(b, block):
    n = block - len(b) % block
    return b + bytes([n]) * n


def cbc(cipher, key, iv, plain):
    if cipher == "rc2-40":  # OpenSSL's legacy provider alone knows it
        return subprocess.run(["openssl", "enc", "-rc2-40-cbc", "-provider", "legacy", "-provider", "default",
                               "-K", key.hex(), "-iv", iv.hex()], input=plain, capture_output=True, check=True).stdout
    of = algorithms.TripleDES(key) if cipher == "3des" else algorithms.AES(key)
    e = Cipher(of, modes.CBC(iv)).encryptor()
    return e.update(pad(plain, len(iv))) + e.finalize()


@dataclasses.dataclass
class Lock:
    """How something is encrypted: gives the algorithm and the bytes."""
    scheme: str = "3des"  # 3des, rc2-40, aes
    iterations: int = 2000
    bits: int = 256
    prf: str = "sha256"
    said: int = 0  # iterations that it claims; 0: the truth
    salt: int = 20

    def close(self, password, plain):
        salt, claimed = os.urandom(self.salt), integer(self.said or self.iterations)
        if self.scheme == "aes":
            iv = os.urandom(16)
            key = hashlib.pbkdf2_hmac(self.prf, (password or "").encode(), salt, self.iterations, self.bits // 8)
            how = algorithm(PBES2, seq(
                algorithm(PBKDF2, seq(octets(salt), claimed, algorithm(PRF[self.prf], tlv(0x05)))),
                algorithm(AES[self.bits], octets(iv))))
            return how, cbc("aes", key, iv, plain)
        p = bmp_password(password)
        key = kdf12(p, salt, self.iterations, 1, 24 if self.scheme == "3des" else 5)
        iv = kdf12(p, salt, self.iterations, 2, 8)
        how = algorithm(SHA1_3DES if self.scheme == "3des" else SHA1_RC2_40, seq(octets(salt), claimed))
        return how, cbc(self.scheme, key, iv, plain)


# ----------------------------------------------------------------------------- bags

def attribute(name, *values):
    return seq(oid(name), tlv(0x31, *values))


def bag(kind, value, attributes=()):
    return seq(oid(kind), tlv(0xA0, value), *([tlv(0x31, *attributes)] if attributes else []))


def cert_bag(der, attributes=()):
    return bag(CERT_BAG, seq(oid(X509_CERT), tlv(0xA0, octets(der))), attributes)


def pkcs8(key, with_usage=False):
    """with_usage: the attribute that Windows puts behind the key."""
    der = key.private_bytes(serialization.Encoding.DER, serialization.PrivateFormat.PKCS8,
                            serialization.NoEncryption())
    if not with_usage:
        return der
    body = der[4:] if der[1] == 0x82 else der[3:] if der[1] == 0x81 else der[2:]
    return seq(body, tlv(0xA0, attribute(KEY_USAGE, tlv(0x03, b"\x00\x10"))))


def key_bag(der, lock, password, attributes=()):
    if lock is None:
        return bag(KEY_BAG, der, attributes)
    how, closed = lock.close(password, der)
    return bag(SHROUDED_BAG, seq(how, octets(closed)), attributes)


def data(content):
    return seq(oid(DATA), tlv(0xA0, octets(content)))


def encrypted(content, lock, password):
    how, closed = lock.close(password, content)
    return seq(oid(ENCRYPTED), tlv(0xA0, seq(integer(0), seq(oid(DATA), how, tlv(0x80, closed)))))


def mac(content, password, name="sha1", iterations=2000, said=0):
    salt = os.urandom(20)
    size = hashlib.new(name).digest_size
    key = kdf12(bmp_password(password), salt, iterations, 3, size, name)
    digest = hmac.new(key, content, name).digest()
    return seq(seq(algorithm(HASH[name], tlv(0x05)), octets(digest)), octets(salt), integer(said or iterations))


def pbmac1(content, password, iterations=2000):
    salt = os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", (password or "").encode(), salt, iterations, 32)
    how = algorithm(PBMAC1, seq(
        algorithm(PBKDF2, seq(octets(salt), integer(iterations), integer(32), algorithm(PRF["sha256"], tlv(0x05)))),
        algorithm(PRF["sha256"], tlv(0x05))))
    return seq(seq(how, octets(hmac.new(key, content, "sha256").digest())), octets(b"NOT USED"), integer(1))


def pfx(safes, mac_of=None):
    """safes: data() and encrypted(); mac_of: from the content to the MacData."""
    content = seq(*safes)
    return seq(integer(3), data(content), *([mac_of(content)] if mac_of else []))


# ---------------------------------------------------------------------- whole files

def windows(key, certs, password, *, key_lock=Lock(), cert_lock=Lock("rc2-40"), digest="sha1"):
    """As "Export" of Windows' certificate store has it: the key first, with the name of its
    container and provider, the PKCS#8 with a usage; the certificates in a second safe."""
    mark = attribute(LOCAL_KEY_ID, octets(b"\x01\0\0\0"))
    named = attribute(FRIENDLY_NAME, bmp("{" + str(uuid.uuid4()).upper() + "}"))
    provider = attribute(CSP_NAME, bmp("Microsoft Software Key Storage Provider"))
    keys = seq(key_bag(pkcs8(key, True), key_lock, password, [mark, named, provider]))
    bags = seq(*(cert_bag(c, [mark, attribute(FRIENDLY_NAME, bmp("Zertifikat für α.test"))] if i == 0 else [])
                 for i, c in enumerate(certs)))
    safes = [data(keys), encrypted(bags, cert_lock, password) if cert_lock else data(bags)]
    return pfx(safes, lambda content: mac(content, password, digest))


def simple(key, certs, password, *, key_lock=None, cert_lock=None, mac_of=None):
    bags = seq(*map(cert_bag, certs))
    return pfx([encrypted(bags, cert_lock, password) if cert_lock else data(bags),
                data(seq(key_bag(pkcs8(key), key_lock, password)))], mac_of)


def indefinite(der, piece=100):
    """The same in BER: lengths without an end, octet strings in pieces, all the way down to
    where octets hold no DER that we know of."""
    out, at = b"", 0
    while at < len(der):
        tag, size = der[at], der[at + 1]
        at += 2
        if size & 0x80:
            n = size & 0x7F
            size = int.from_bytes(der[at:at + n], "big")
            at += n
        body = der[at:at + size]
        at += size
        if tag in (0x04, 0x80) and len(body) > piece:  # 0x80: encryptedContent, implicit
            body = b"".join(octets(body[i:i + piece]) for i in range(0, len(body), piece))
            out += bytes([tag | 0x20, 0x80]) + body + b"\0\0"
        elif tag & 0x20:
            out += bytes([tag, 0x80]) + indefinite(body, piece) + b"\0\0"
        else:
            out += tlv(tag, body)
    return out
