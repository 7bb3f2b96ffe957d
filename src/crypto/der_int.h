/* SPDX-License-Identifier: Apache-2.0 */
/*
 * der_int.h - DER written front to back into a buf: a constructed value is
 * opened, filled and closed; closing puts the length in. Sticky like the buf.
 * And BER judged before a parser of somebody else sees it.
 */
#ifndef CRYPTO_DER_INT_H
#define CRYPTO_DER_INT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

enum der_tag {
    DER_BOOLEAN = 0x01,
    DER_INTEGER = 0x02,
    DER_BIT_STRING = 0x03,
    DER_OCTET_STRING = 0x04,
    DER_NULL = 0x05,
    DER_OID = 0x06,
    DER_UTF8_STRING = 0x0c,
    DER_PRINTABLE_STRING = 0x13,
    DER_T61_STRING = 0x14,
    DER_IA5_STRING = 0x16,
    DER_UTC_TIME = 0x17,
    DER_GENERALIZED_TIME = 0x18,
    DER_UNIVERSAL_STRING = 0x1c,
    DER_BMP_STRING = 0x1e,
    DER_SEQUENCE = 0x30,
    DER_SET = 0x31,
    DER_CONTEXT = 0x80, /* | number; implicit, primitive */
    DER_CONSTRUCTED = 0x20,
};

/* Gives what der_close() needs. */
size_t der_open(struct buf *b, uint8_t tag);
void der_close(struct buf *b, size_t at);
/* One primitive value. */
void der_put(struct buf *b, uint8_t tag, struct span bytes);
/* A non-negative number, big-endian; leading zeros do not matter. */
void der_put_unsigned(struct buf *b, struct span number);
void der_put_bool(struct buf *b, bool v);
/* UTCTime until 2049, GeneralizedTime after (RFC 5280 4.1.2.5). False: no year of 4 digits. */
bool der_put_time(struct buf *b, int64_t at);
/* GeneralizedTime whatever the year (RFC 6960 4.2.2.1). */
bool der_put_long_time(struct buf *b, int64_t at);
/* Bytes of a number in upper-case hex; 0: it is none, or has more than DER_SERIAL_MAX. */
enum { DER_SERIAL_MAX = 20 };
size_t der_serial(const char *hex, uint8_t out[static DER_SERIAL_MAX]);
/* A dotted OID; false (and nothing put) if it is none (cert_oid_is_ok()). */
bool der_put_oid(struct buf *b, struct span dotted);
/* The content of an OBJECT IDENTIFIER as dotted text; false if it is none, or has more than
 * CERT_OID_MAX characters. */
bool der_oid_text(struct span content, struct buf *text);

/* Takes one DER value off the front: definite length, one-byte tag. */
struct der_value {
    uint8_t tag;
    struct span content, whole;
};
bool der_take(struct span *rest, struct der_value *out);
/* The same, and the tag must be this one. */
bool der_take_tag(struct span *rest, uint8_t tag, struct span *content);

/* Is it one BER value and nothing else, of at most so many elements, not deeper than that? Only
 * constructed values are looked into. */
bool ber_is_bounded(struct span bytes, size_t elements, unsigned depth);

#endif /* CRYPTO_DER_INT_H */
