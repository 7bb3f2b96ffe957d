/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dn.h - distinguished names between Azure's text and DER (docs/wire/certificates.md).
 *
 * Text: `CN=a, O="b, c", OU=d + OU=e, OID.1.2.3=f`, in the order of the sequence. Keys in any
 * case: CN O OU C L S ST E EMAILADDRESS EMAIL DC SERIALNUMBER T TITLE G GN GIVENNAME SN SURNAME
 * I INITIALS STREET POSTALCODE DNQUALIFIER UID, OID.x.y or x.y. Separated by ',' or ';', values
 * of one RDN by '+'; spaces around keys and values do not count. A value in quotes holds
 * anything, a quote as ""; without quotes, '\' before one of , ; + = " < > # \ and space stands
 * for that character, and for itself elsewhere. "" is the empty name.
 *
 * Pure functions; any thread.
 */
#ifndef CRYPTO_DN_H
#define CRYPTO_DN_H

#include <stdbool.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
    DN_CHARS_MAX = 200, /* characters of a text that a client gives */
    DN_PARTS_MAX = 32,  /* attributes */
    DN_DER_MAX = 4 * 1024,
    DN_TEXT_MAX = 8 * 1024, /* what is printed of foreign names, in bytes */
};

/* Appends the Name's DER. C takes two letters, E and DC ASCII; no value is empty.
 * ERR_TOO_LARGE (more than DN_CHARS_MAX characters, DN_PARTS_MAX attributes), ERR_SYNTAX,
 * ERR_NOMEM. */
MUST_CHECK enum err dn_from_text(struct span text, struct buf *der);
/* Appends the text: keys in capitals, ", " between RDNs, " + " within, values quoted where they
 * must be; a value that is no text as #hex. What dn_from_text() made comes back as the same
 * name. ERR_FORMAT (no Name), ERR_TOO_LARGE, ERR_NOMEM. */
MUST_CHECK enum err dn_to_text(struct span der, struct buf *text);
/* Would dn_from_text() take it? ERR_OK, or its errors. */
MUST_CHECK enum err dn_check(struct span text);

#endif /* CRYPTO_DN_H */
