/* SPDX-License-Identifier: Apache-2.0 */
/* make_int.h - a key on its way into the token; inside token/make*.c. */
#ifndef TOKEN_MAKE_INT_H
#define TOKEN_MAKE_INT_H

#include "base/buf.h"
#include "token/make.h"
#include "token/template.h"
#include "token/where.h"

struct making {
    const struct key_spec *spec;   /* make_new() */
    const struct key_parts *parts; /* make_import() */
    const struct where *kek;       /* make_byok() */
    enum key_type type;
    struct span ciphertext;

    struct where where; /* what comes of it */
    char serial[SERIAL_MAX + 1];
    char label[KEY_LABEL_MAX];
    bool begun;         /* a run before this one may have left objects */
    struct buf numbers; /* that where.public points to */
};

/* Runs fn (arg: the making), proves what came of it, and packs the answer. */
MUST_CHECK enum err make_run(struct session *s, struct making *m, session_fn fn,
                             const struct key_place *place, enum err bad_input,
                             struct secbuf *answer);

/* For the functions that are run. A new beginning: another CKA_ID, no numbers. */
void making_begin(struct session *s, struct making *m);
/* One attribute of an object into m->numbers; *out borrows until the next. */
MUST_CHECK enum err making_read(struct session *s, struct making *m, CK_OBJECT_HANDLE object,
                                CK_ATTRIBUTE_TYPE type, struct span *out);
/* n and e of an RSA object into m->where.public. ERR_SYNTAX: of a size that we do not keep. */
MUST_CHECK enum err making_read_rsa(struct session *s, struct making *m,
                                    CK_OBJECT_HANDLE object);

#endif /* TOKEN_MAKE_INT_H */
