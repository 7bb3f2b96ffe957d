/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mail_text.h - the mail that tells a contact of a vault that a certificate expires:
 * RFC 5322, lines ending in CR LF, none longer than 998 octets, ASCII throughout (a
 * contact's name travels in encoded words, RFC 2047).
 *
 * The contact's address and name are whatever a user of the vault put there: an
 * address that is no plain mailbox is refused, a name that is no clean UTF-8 left out.
 */
#ifndef JOBS_MAIL_TEXT_H
#define JOBS_MAIL_TEXT_H

#include "base/buf.h"
#include "base/ids.h"
#include "vault/name.h"

enum { MAIL_TAG_LEN = 8, MAIL_TEXT_MAX = 16 * 1024 };

/* Whom this version of a certificate was told of: the first bytes of a digest over both. */
struct mail_tag {
    uint8_t bytes[MAIL_TAG_LEN];
};
MUST_CHECK enum err mail_tag_make(const struct hex32 *version, struct span address,
                                  struct mail_tag *out);

struct mail_notice {
    const char *from, *domain; /* a mailbox; our own name */
    struct span to, to_name;   /* foreign */
    const char *vault;
    const struct object_name *name;
    const struct hex32 *version;
    const char *link;
    int64_t expires, now;
    struct mail_tag tag;
};
/*
 * Appends. The Message-ID is the same for the same version and contact, whenever it is
 * composed.
 * ERR_ARG  the contact's address cannot be used
 * ERR_TOO_LARGE, ERR_NOMEM
 */
MUST_CHECK enum err mail_compose(const struct mail_notice *n, struct buf *out);

#endif /* JOBS_MAIL_TEXT_H */
