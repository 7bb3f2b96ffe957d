/* SPDX-License-Identifier: Apache-2.0 */
/* backup_int.h - what writer and reader of backup blobs share. */
#ifndef VAULT_BACKUP_INT_H
#define VAULT_BACKUP_INT_H

#include "vault/backup.h"

#define BACKUP_MARK "&KeyholdObjectBackup\n"
enum { BACKUP_FORMAT = 1 };

/* The tag over all bytes before it. */
MUST_CHECK enum err backup_tag(const struct rows *rows, struct span body,
                               uint8_t out[static ROW_TAG_LEN]);
#endif /* VAULT_BACKUP_INT_H */
