/* SPDX-License-Identifier: Apache-2.0 */
/*
 * release_rule.h - does a release policy let a key go to whom an attestation
 * token describes (data-plane.md C12)?
 *
 *   {"version":"1.0.0","anyOf":[{"authority":"https://...","allOf":[cond...]}]}
 *   cond = {"claim":"a.b.c","equals":value} or a nested {"allOf":[...]} / {"anyOf":[...]}
 *
 * A claim that is not there, a form that is not understood, an empty list: no.
 */
#ifndef AUTH_RELEASE_RULE_H
#define AUTH_RELEASE_RULE_H

#include "base/err.h"
#include "base/span.h"
#include "codec/jsn.h"

enum { MAX_RULE_DEPTH = 8 };

/* iss: the authority whose signature was checked; claims: what it says. ERR_OK: the key may go.
 * ERR_DENIED; ERR_FORMAT: the stored policy is no policy. ERR_NOMEM. */
MUST_CHECK enum err release_rule_check(struct span policy, struct span iss,
                                       const struct jsn *claims);

#endif /* AUTH_RELEASE_RULE_H */
