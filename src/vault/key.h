/* SPDX-License-Identifier: Apache-2.0 */
/*
 * key.h - keys of one vault (data-plane.md C): what a version of a key says of
 * itself, and what may be done with it now.
 *
 * A key is an object (vault/object.h) whose detail is a struct key_detail and
 * whose sealed bytes only its provider understands. One table, key_may(),
 * decides type x operation x key_ops x enabled x nbf x exp.
 */
#ifndef VAULT_KEY_H
#define VAULT_KEY_H

#include "keeper/ask_key.h"
#include "vault/object.h"

enum { RELEASE_POLICY_MAX = 32 * 1024, KEY_OPS_MAX = KEY_OP__MAX };

struct release_policy {
    bool is_set;
    bool immutable;
    struct span content_type; /* "application/json; charset=utf-8" by default */
    struct span data;         /* the policy document, JSON text in canonical form */
};

struct key_detail {
    bool hsm;           /* kty ends with -HSM */
    enum key_home home; /* which provider keeps the private part */
    bool exportable;
    unsigned nops;
    uint8_t ops[KEY_OPS_MAX]; /* enum key_op, in the order the client gave */
    struct key_public public; /* borrowed, as release is */
    struct release_policy release;
};

void key_detail_pack(struct sink k, const struct key_detail *d);
/* Borrows from detail. ERR_FORMAT. */
MUST_CHECK enum err key_detail_read(struct span detail, struct key_detail *out);

bool key_has_op(const struct key_detail *d, enum key_op op);
/* The default key_ops of a type, in Azure's order (C3). */
void key_default_ops(enum key_type t, struct key_detail *d);
/* A list from a request: ERR_ARG for an operation the type cannot do, a repeated one, or
 * `import` together with others. */
MUST_CHECK enum err key_set_ops(struct key_detail *d, enum key_type t, const enum key_op *ops,
                                unsigned n);

/*
 * May this be done with the version now (data-plane.md C9)? Skew as C9 says: none.
 * ERR_DISABLED       enabled is false
 * ERR_KEY_OP         not in key_ops; KEY_EXPORT (release): not exportable, whatever key_ops say
 * ERR_NOT_YET, ERR_EXPIRED  nbf, exp: encrypt, wrap and sign only
 * in this order.
 */
MUST_CHECK enum err key_may(const struct key_detail *d, const struct attrs *a, enum key_op op,
                            int64_t now);

/* Where the version's private part is, for the keeper's questions. Borrows. */
struct key_place key_place_of(const struct vault_at *at, const struct object *o,
                              const struct wrapped *vault);

#endif /* VAULT_KEY_H */
