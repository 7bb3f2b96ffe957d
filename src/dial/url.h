/* SPDX-License-Identifier: Apache-2.0 */
/*
 * url.h - the URLs that we dial: absolute, of printable ASCII, without user and
 * fragment. Stricter than libcurl, which parses them again: what we compare must be
 * what it connects to.
 */
#ifndef DIAL_URL_H
#define DIAL_URL_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"

/* Borrows from the text. */
struct dial_url {
    struct span scheme; /* http, https, smtp, smtps */
    struct span host;   /* without brackets */
    uint16_t port;      /* the scheme's own where none is written */
    struct span path;   /* with the query; may be empty */
};

/* ERR_ARG: not one of those. ERR_TOO_LARGE: more than DIAL_URL_MAX. */
MUST_CHECK enum err dial_url_read(struct span text, struct dial_url *out);
bool dial_url_is_web(const struct dial_url *u);
/* Same scheme, host and port. */
bool dial_url_same_origin(const struct dial_url *a, const struct dial_url *b);

#endif /* DIAL_URL_H */
