/* SPDX-License-Identifier: Apache-2.0 */
/*
 * module.h - a PKCS#11 module: loaded, initialised, its token found.
 *
 * A module is foreign code. It stays loaded until the process ends: it may have
 * threads and handlers that would run on after it was unloaded.
 */
#ifndef TOKEN_MODULE_H
#define TOKEN_MODULE_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "token/pkcs11.h"

enum { SERIAL_MAX = 16, TOKEN_LABEL_MAX = 32, MECHANISMS_MAX = 512 };

struct module {
    CK_FUNCTION_LIST *f;
    bool initialised;
    /* It loses objects of a search beside which others are made: SoftHSM before 2.7 (its issue
     * 573). Making and destroying is done alone then. */
    bool takes_turns;
    /* Of the token, once module_find() found it. */
    CK_SLOT_ID slot;
    char serial[SERIAL_MAX + 1];
    struct mechanism {
        CK_MECHANISM_TYPE type;
        CK_FLAGS flags;
    } mechanisms[MECHANISMS_MAX];
    size_t nmechanisms;
};

/* ERR_NOT_FOUND: not there, not a library, or no module (logged). */
MUST_CHECK enum err module_load(const char *path, struct module *m);
CK_RV module_initialise(struct module *m);
void module_finalise(struct module *m);
/* Finds the slot whose token has this label, and what it can do.
 * CKR_TOKEN_NOT_PRESENT: no token has it. */
CK_RV module_find(struct module *m, const char *label);
/* Is the token that was found still there? */
bool module_has_token(const struct module *m);
/* Does the token do this, in this way (CKF_SIGN, ...)? */
bool module_can(const struct module *m, CK_MECHANISM_TYPE type, CK_FLAGS how);

#endif /* TOKEN_MODULE_H */
