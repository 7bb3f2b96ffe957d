/* SPDX-License-Identifier: Apache-2.0 */
/*
 * b64.h - base64url without padding (RFC 4648 5), base64 with (RFC 4648 4), hex.
 *
 * Decoding is strict about the alphabet and unused bits; padded base64url is
 * accepted too, since some clients send it (data-plane.md A14).
 */
#ifndef CODEC_B64_H
#define CODEC_B64_H

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"

void b64url_put(struct sink k, struct span s);
void b64_put(struct sink k, struct span s);
void hex_put(struct sink k, struct span s);
/* Append the decoded bytes; ERR_SYNTAX (sink content then undefined), or the sink's failure. */
MUST_CHECK enum err b64url_get(struct span text, struct sink k);
MUST_CHECK enum err b64_get(struct span text, struct sink k);
MUST_CHECK enum err hex_get(struct span text, struct sink k);

#endif /* CODEC_B64_H */
