/* SPDX-License-Identifier: Apache-2.0 */
/*
 * password.h - client secrets hashed and checked.
 *
 * A record says what checking it costs. Ours cost some 80 ms; a record that was
 * tampered with, or brought along, may cost no more than twice that, or it is
 * no record: else whoever can write one could keep the slow threads busy.
 */
#ifndef KEEPER_PASSWORD_H
#define KEEPER_PASSWORD_H

#include "base/err.h"
#include "base/sink.h"
#include "base/span.h"

/* N * r * p at most: 2^16 * 8. */
#define PASSWORD_COST_MAX (UINT64_C(8) << 16)

/* Appends a record. Errors as scrypt_record_make(). */
MUST_CHECK enum err password_hash(struct span password, struct sink out);
/* Errors as scrypt_record_check(); ERR_FORMAT also for a record that costs too much. */
MUST_CHECK enum err password_check(struct span record, struct span password);

#endif /* KEEPER_PASSWORD_H */
