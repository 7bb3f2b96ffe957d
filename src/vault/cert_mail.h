/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cert_mail.h - mail that is to be sent to the contacts of a vault
 * (docs/formats/rows.md 3.7). The clerk's alone.
 *
 *   cm/<vault GUID>/<NAME>    the contacts are to be told that this version expires; put in
 *                             the commit that says they are told, dropped when they were,
 *                             or cannot be
 *   cf/mail                   how many mails there were, for the metrics
 */
#ifndef VAULT_CERT_MAIL_H
#define VAULT_CERT_MAIL_H

#include "vault/cert_contacts.h"
#include "vault/object.h"

enum { CERT_MAIL_TAG = 8 };

struct cert_mail {
    char vault[MAX_VAULT_NAME + 1];
    struct guid vault_id;
    struct object_name name;
    struct hex32 version;
    unsigned tries; /* that failed, since one was sent */
    int64_t next;   /* not before */
    /* The contacts that are done with, whether it was sent or refused: tags of them. */
    unsigned n;
    uint8_t done[CONTACTS_MAX][CERT_MAIL_TAG];
};
/* Replaces that of an older version. */
void cert_mail_put(const struct rows *rows, struct store_write *w, const struct cert_mail *m);
void cert_mail_drop(struct store_write *w, const struct cert_mail *m);
/* ERR_NOT_FOUND, ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_mail_get(const struct rows *rows, struct store_view *view,
                                  const struct guid *vault, const char *name,
                                  struct cert_mail *out);
/* From a row met in a scan of "cm/". ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err cert_mail_read(const struct rows *rows, const struct store_row *sr,
                                   struct cert_mail *out);
/* From a row's payload. ERR_FORMAT. */
MUST_CHECK enum err cert_mail_payload_read(struct span payload, struct cert_mail *out);
bool cert_mail_is_done(const struct cert_mail *m, const uint8_t tag[static CERT_MAIL_TAG]);
/* More than CONTACTS_MAX: the oldest is forgotten (they were changed meanwhile). */
void cert_mail_set_done(struct cert_mail *m, const uint8_t tag[static CERT_MAIL_TAG]);

struct mail_figures {
    uint64_t sent, failed;
};
/* None so far: zeros. ERR_INTEGRITY, ERR_FORMAT. */
MUST_CHECK enum err mail_figures_get(const struct rows *rows, struct store_view *view,
                                     struct mail_figures *out);
/* From the row's payload. ERR_FORMAT. */
MUST_CHECK enum err mail_figures_read(struct span payload, struct mail_figures *out);
void mail_figures_put(const struct rows *rows, struct store_write *w,
                      const struct mail_figures *f);

#endif /* VAULT_CERT_MAIL_H */
