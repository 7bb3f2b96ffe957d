/* SPDX-License-Identifier: Apache-2.0 */
/*
 * chunk_int.h - a chunked body taken apart, strictly (RFC 9112 7.1).
 *
 * Sizes are hex digits and nothing else, every line ends with CRLF, chunk
 * extensions and trailers are bounded and dropped.
 */
#ifndef HTTP_CHUNK_INT_H
#define HTTP_CHUNK_INT_H

#include <stdint.h>

#include "base/span.h"

enum chunk_state {
    CHUNK_SIZE,
    CHUNK_EXTENSION,
    CHUNK_SIZE_LF,
    CHUNK_BYTES,
    CHUNK_BYTES_CR,
    CHUNK_BYTES_LF,
    CHUNK_TRAILER_START,
    CHUNK_TRAILER,
    CHUNK_TRAILER_LF,
    CHUNK_END_LF,
    CHUNK_DONE,
    CHUNK_BAD
};

struct chunk {
    enum chunk_state state;
    uint64_t left;     /* of the chunk being read */
    unsigned digits;   /* of the size being read */
    unsigned overhead; /* bytes of extensions and trailers so far */
};

/*
 * Advances over a part of `in`: sets *bytes to body bytes found (perhaps none) and returns
 * how much of `in` is used up. Call again with the rest until that is empty, or until
 * c->state is CHUNK_DONE or CHUNK_BAD. *c is all zero at first.
 */
size_t chunk_step(struct chunk *c, struct span in, struct span *bytes);

#endif /* HTTP_CHUNK_INT_H */
