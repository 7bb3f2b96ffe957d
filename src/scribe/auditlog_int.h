/* SPDX-License-Identifier: Apache-2.0 */
/* auditlog_int.h - for auditlog.c, meddling.c and recover.c only. */
#ifndef SCRIBE_AUDITLOG_INT_H
#define SCRIBE_AUDITLOG_INT_H

#include "scribe/auditlog.h"

/* Logs what failed with errno's text; ERR_FULL for want of room, else ERR_AUDIT. */
enum err auditlog_failed(const char *what);
/* All of bytes at that position; *done counts what the kernel took. ERR_FULL, ERR_AUDIT. */
MUST_CHECK enum err auditlog_put_at(int fd, struct span bytes, uint64_t at, size_t *done);
/* Makes the current file; what stands in its place is set aside. ERR_FULL, ERR_AUDIT. */
MUST_CHECK enum err auditlog_begin(struct auditlog *l);
/* Gives a file another name, never over one that exists: that one is set aside first. */
MUST_CHECK enum err auditlog_rename(const struct auditlog *l, const char *from, const char *to);
/* Out of the way, under a name that says so. */
MUST_CHECK enum err auditlog_set_aside(const struct auditlog *l, const char *name);

/* Bytes [from, to) of the file that we hold become the new file `name`, durably; false: logged.
 */
bool auditlog_copy(const struct auditlog *l, uint64_t from, uint64_t to, const char *name);

#endif /* SCRIBE_AUDITLOG_INT_H */
