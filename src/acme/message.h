/* SPDX-License-Identifier: Apache-2.0 */
/*
 * message.h - what an ACME server says (RFC 8555 7.1), read from its bytes.
 *
 * The server is a stranger: every list, text and number is bounded, URLs must be
 * https, tokens base64url, unknown members are passed over. Spans are borrowed from
 * the message's own tree (root), which acmec_..._release() frees.
 *
 * Pure functions; any thread.
 */
#ifndef ACME_MESSAGE_H
#define ACME_MESSAGE_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "codec/jsn.h"

enum {
    ACME_URL_MAX = 2048,
    ACME_AUTHZ_MAX = 100, /* authorizations of one order */
    ACME_CHALLENGES_MAX = 20,
    ACME_TOKEN_MIN = 16,
    ACME_TOKEN_MAX = 256,
    ACME_NONCE_MAX = 256,
    ACME_TEXT_MAX = 400, /* of a problem, as we tell it */
    ACME_RETRY_AFTER_MAX = 24 * 3600,
};

/* RFC 8555 7.1.6, of orders, authorizations and challenges together. */
enum acmec_status {
    ACME_PENDING,
    ACME_READY,
    ACME_PROCESSING,
    ACME_VALID,
    ACME_INVALID, /* and every other end: deactivated, expired, revoked */
};

struct acmec_directory {
    struct jsn *root;
    struct span new_nonce, new_account, new_order;
    struct span renewal_info; /* RFC 9773; empty: not offered */
    bool needs_eab;
};
/* All: ERR_SYNTAX (not JSON, or a member missing, of the wrong kind or out of bounds),
 * ERR_TOO_LARGE, ERR_NOMEM; out is then released already. */
MUST_CHECK enum err acmec_directory_read(struct span body, struct acmec_directory *out);
void acmec_directory_release(struct acmec_directory *d);

struct acmec_order {
    struct jsn *root;
    enum acmec_status status;
    struct span authz[ACME_AUTHZ_MAX];
    size_t authz_count;
    struct span finalize;
    struct span certificate; /* empty: none yet */
    const struct jsn *error; /* why it is invalid; may be NULL */
    const struct jsn *identifiers;
};
MUST_CHECK enum err acmec_order_read(struct span body, struct acmec_order *out);
void acmec_order_release(struct acmec_order *o);
/* Does it ask for exactly these DNS names, in any order (RFC 8555 7.4)? */
bool acmec_order_is_for(const struct acmec_order *o, const struct span *names, size_t n);

enum acmec_challenge_kind { ACME_OTHER, ACME_HTTP_01, ACME_DNS_01 };
struct acmec_challenge {
    enum acmec_challenge_kind kind;
    enum acmec_status status;
    struct span url, token;
    const struct jsn *error; /* may be NULL */
};
struct acmec_authz {
    struct jsn *root;
    enum acmec_status status;
    struct span name; /* of the identifier, which is of type dns */
    bool wildcard;
    struct acmec_challenge challenge[ACME_CHALLENGES_MAX];
    size_t count;
};
MUST_CHECK enum err acmec_authz_read(struct span body, struct acmec_authz *out);
void acmec_authz_release(struct acmec_authz *a);
/* The first of that kind; NULL: not offered. */
const struct acmec_challenge *acmec_authz_find(const struct acmec_authz *a,
                                               enum acmec_challenge_kind kind);

/* A problem document (RFC 7807). */
enum acmec_problem {
    ACME_PROBLEM_OTHER,
    ACME_BAD_NONCE,
    ACME_RATE_LIMITED,
    ACME_NO_ACCOUNT, /* accountDoesNotExist */
    ACME_SERVER,     /* serverInternal */
};
enum acmec_problem acmec_problem_kind(const struct jsn *problem);
/* "unauthorized: the detail", with what its first subproblems say; at most ACME_TEXT_MAX
 * printable bytes. problem may be NULL. */
void acmec_problem_put(const struct jsn *problem, struct buf *out);
/* The same from a body, which need not be one: then its status says something. */
enum acmec_problem acmec_problem_read(struct span body, unsigned status, struct buf *out);

/* The URL of a Link header's value with that relation (RFC 8288); false: it has another. */
bool acmec_link_read(struct span value, const char *relation, struct span *url);
/* Seconds of a Retry-After header; a date, or nonsense, is `otherwise`. 1 to
 * ACME_RETRY_AFTER_MAX. */
unsigned acmec_retry_after(struct span value, unsigned otherwise);
/* base64url, bounded. */
bool acmec_nonce_is_ok(struct span nonce);
bool acmec_url_is_ok(struct span url);

/* RFC 9773 4.2: the window in which to renew. ERR_SYNTAX also if it ends before it begins. */
MUST_CHECK enum err acmec_renewal_info_read(struct span body, int64_t *start, int64_t *end);

#endif /* ACME_MESSAGE_H */
