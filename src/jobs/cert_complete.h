/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_complete.h - the end of an operation that waits for somebody outside: the
 * certificate that came, or the reason why none did.
 *
 * Who began the operation does not matter, a client or the clock: its row is
 * co/<vault>/<NAME> (vault/cert_operation.h), state OPERATION_RUNS. Each function is one
 * commit with its audit record, so it happens once or not at all, whoever dies when; what
 * was decided meanwhile - a cancellation, a deletion, another operation - wins. The row of
 * its errand (vault/cert_wait.h), if there is one, goes in the same commit.
 */
#ifndef JOBS_CERT_COMPLETE_H
#define JOBS_CERT_COMPLETE_H

#include "jobs/desk.h"
#include "vault/cert_operation.h"

/* Who issued it, and can be asked when to renew it (jobs/cert_hints.h). */
struct cert_source {
    struct span issuer;    /* its name, upper-cased */
    struct span directory; /* URL */
};

/* Which operation. */
struct cert_waiting {
    const char *vault; /* its name */
    struct object_name name;
    struct hex32 request; /* cert_operation.request: another one's certificate is not taken */
    const struct cert_source *source; /* NULL: nobody who says when to renew it */
    const struct span *names;         /* DNS names that the leaf must have, each of them */
    size_t name_count;
};

/*
 * Merges: certs are what came, in any order, each DER or PEM text with any number of blocks
 * (n of them at least 1); the leaf is the one of the operation's key.
 * ERR_PENDING_NOT_FOUND  no such operation runs (any more): nothing to do
 * ERR_CERT_MISMATCH      none is of the operation's key, or that one lacks a name
 * ERR_FORMAT             what came is no certificate, or it has expired
 * ERR_CERT_NONE, ERR_TOO_LARGE, ERR_VALUE_TOO_LARGE
 * ERR_NO_VAULT           it is deleted; it may be recovered
 * else as desk_ask() and desk_commit(): try again later
 */
MUST_CHECK enum err cert_complete(struct desk *d, const struct cert_waiting *which,
                                  const struct span *certs, size_t n, int64_t now);

/*
 * Ends it as failed. code: "Certificate issuer error", "Request rejected" (data-plane.md
 * D2.4); message: for who reads the operation, cut at OPERATION_TEXT_MAX. Foreign bytes are
 * allowed in it: what is not printable is replaced. Errors as cert_complete().
 */
MUST_CHECK enum err cert_complete_fail(struct desk *d, const struct cert_waiting *which,
                                       const char *code, struct span message, int64_t now);

#endif /* JOBS_CERT_COMPLETE_H */
