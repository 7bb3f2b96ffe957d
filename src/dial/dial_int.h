/* SPDX-License-Identifier: Apache-2.0 */
/* dial_int.h - what dial.c (the loop) and transfer.c (one call) share; inside dial/. */
#ifndef DIAL_DIAL_INT_H
#define DIAL_DIAL_INT_H

#include "base/buf.h"
#include "dial/curl_lib.h"
#include "dial/dial.h"

struct dial {
    const struct curl_lib *curl;
    CURLM *multi;
    struct span ca_pem;
    char *proxy; /* "": none */
    struct dial_rules rules;
    struct dial_call *calls; /* the open ones */
    size_t count;
};

struct dial_call {
    struct dial *dial;
    struct dial_call *next, *prev;
    CURL *easy;
    struct curl_slist *headers, *to;
    struct buf question; /* the body */
    size_t sent;         /* of a mail */
    struct buf body, head;
    size_t head_bytes; /* all that came, interim answers too */
    unsigned head_lines;
    bool by_operator, admitted; /* admitted: the rules knew an address */
    enum err err;               /* why we broke off; ERR_OK: we did not */
    char detail[CURL_ERROR_SIZE];
    dial_fn fn;
    void *arg;
};

/* A call ready to be added to the loop. As dial_start(). */
MUST_CHECK enum err transfer_new(struct dial *d, const struct dial_request *q,
                                 struct dial_call **out);
void transfer_free(struct dial_call *c); /* NULL is allowed */
/* What it came to; a->why is in why. */
void transfer_judge(const struct dial_call *c, CURLcode rc, char why[static DIAL_WHY_MAX],
                    struct dial_answer *a);

#endif /* DIAL_DIAL_INT_H */
