/* SPDX-License-Identifier: Apache-2.0 */
/*
 * verify.h - proving an audit log whole: every line, in order, unchanged.
 *
 * Works on the files alone, on a shipped copy too. The store's a/head adds
 * what files cannot tell: that the end was not cut off, and that the newest
 * lines are the ones the server wrote. The audit key's public half adds that
 * the chain was not computed anew by somebody else.
 */
#ifndef SCRIBE_VERIFY_H
#define SCRIBE_VERIFY_H

#include <stddef.h>
#include <stdint.h>

#include "base/err.h"
#include "base/span.h"
#include "scribe/chain.h"
#include "scribe/files.h"

struct verify_config {
    const char *dir;
    const struct span *keys;  /* audit public keys, SPKI DER; any of them may have signed */
    size_t nkeys;             /* 0: signatures are counted, not checked */
    const struct chain *head; /* from the store, read before the call; or NULL */
    uint64_t from_seq;        /* files that end before this line are skipped; 0: none */
};

struct verify_result {
    uint64_t files;
    uint64_t lines;
    uint64_t first_seq; /* > 1: older files are not there, or were skipped */
    uint64_t last_seq;
    uint64_t checkpoints; /* good ones (counted only, if there were no keys) */
    uint64_t signed_seq;  /* the last good checkpoint vouches up to this line */
    uint64_t notices;     /* lines in which the scribe reports something; worth reading */
    uint64_t faults;
    /* The first fault. */
    char bad_file[AUDIT_NAME_MAX];
    uint64_t bad_line; /* from 1, within the file */
    char why[160];
};

/*
 * ERR_OK         whole
 * ERR_INTEGRITY  not; the result says where first, and how many faults there are
 * ERR_NOT_FOUND  no audit log in dir
 * ERR_FORMAT     one of the keys is not an Ed25519 public key
 * ERR_IO, ERR_NOMEM, ERR_CRYPTO: nothing is proven
 */
MUST_CHECK enum err verify_log(const struct verify_config *cfg, struct verify_result *out);

#endif /* SCRIBE_VERIFY_H */
