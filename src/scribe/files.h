/* SPDX-License-Identifier: Apache-2.0 */
/* files.h - the names of audit files, and which there are in a directory. */
#ifndef SCRIBE_FILES_H
#define SCRIBE_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "base/err.h"

#define AUDIT_CURRENT "audit.jsonl"

enum { AUDIT_NAME_MAX = 64 };

/* A finished file: audit-<first sequence number, 20 digits>.jsonl */
struct audit_file {
    uint64_t first_seq;
    char name[AUDIT_NAME_MAX];
};

struct audit_files {
    struct audit_file *list; /* by first_seq, ascending */
    size_t count;
};

void audit_name_put(char out[static AUDIT_NAME_MAX], uint64_t first_seq);
/* Only the spelling that audit_name_put() gives. */
bool audit_name_get(const char *name, uint64_t *first_seq);

/* The finished files in the directory. ERR_IO, ERR_NOMEM. */
MUST_CHECK enum err audit_files_get(int dir, struct audit_files *out);
void audit_files_release(struct audit_files *f);

#endif /* SCRIBE_FILES_H */
