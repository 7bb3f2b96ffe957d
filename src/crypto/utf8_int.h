/* SPDX-License-Identifier: Apache-2.0 */
/* utf8_int.h - characters of texts in certificates. */
#ifndef CRYPTO_UTF8_INT_H
#define CRYPTO_UTF8_INT_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/span.h"

/* Takes one character off the front; false if there is none, or what is there is no UTF-8
 * (RFC 3629: shortest form, no surrogates). */
bool utf8_take(struct span *s, uint32_t *c);
/* False, and nothing put, for what is no character. */
bool utf8_put(struct buf *b, uint32_t c);
/* UTF-8 without control characters? */
bool utf8_is_plain(struct span s);

#endif /* CRYPTO_UTF8_INT_H */
