/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keyfile.h - where a root key rests: key file, systemd credential, or file
 * sealed by a passphrase. Formats: docs/formats/seal.md.
 *
 * Opening and reading are apart: the supervisor opens (it has the rights), the
 * keeper reads from the descriptor (it holds the keys). Each refusal is logged
 * with the path and what to do about it.
 */
#ifndef SEAL_KEYFILE_H
#define SEAL_KEYFILE_H

#include "base/err.h"
#include "base/secbuf.h"
#include "base/span.h"
#include "seal/root.h"

enum seal_kind { SEAL_KEYFILE, SEAL_CREDENTIAL, SEAL_PASSPHRASE, SEAL_KIND__MAX };
enum { KEYFILE_MAX = 1024, PASSPHRASE_MIN = 8, PASSPHRASE_MAX = 1024 };

/* "keyfile", "credential", "passphrase": as in keyhold.conf. */
const char *seal_kind_name(enum seal_kind kind);
/* ERR_SYNTAX. */
MUST_CHECK enum err seal_kind_parse(struct span name, enum seal_kind *out);

/*
 * Opens path for reading: a regular file (no symbolic link), owned by us or root, mode 0600 or
 * tighter (a systemd credential: 0440 or tighter). *fd is close-on-exec; -1 on failure.
 * ERR_NOT_FOUND (not logged), ERR_DENIED (owner, mode, kind of file), ERR_IO.
 */
MUST_CHECK enum err keyfile_open(const char *path, enum seal_kind kind, int *fd);

/*
 * Reads a root key from fd, from the start of the file; fd stays the caller's. path is for
 * messages only. passphrase is read by SEAL_PASSPHRASE only.
 * ERR_DENIED (mode, kind of file), ERR_FORMAT, ERR_BAD_SECRET (passphrase), ERR_IO, ERR_NOMEM,
 * ERR_CRYPTO.
 */
MUST_CHECK enum err keyfile_read(int fd, const char *path, enum seal_kind kind,
                                 struct span passphrase, struct root_key **out);

/* A passphrase: what its file holds, without the line's end; fd stays the caller's. ERR_IO
 * (there is nothing). */
MUST_CHECK enum err passphrase_read(int fd, struct secbuf *out);

/*
 * Writes a new file, mode 0600, and makes file and directory durable. Never overwrites.
 * ERR_EXISTS, ERR_ARG (passphrase too short or long), ERR_IO, ERR_FULL, ERR_NOMEM, ERR_CRYPTO;
 * on failure no file is left behind.
 */
MUST_CHECK enum err keyfile_create(const char *path, const struct root_key *root);
MUST_CHECK enum err keyfile_create_sealed(const char *path, const struct root_key *root,
                                          struct span passphrase);
/* Renames from over to (same directory) and makes that durable. ERR_IO. */
MUST_CHECK enum err keyfile_replace(const char *from, const char *to);

/* The parser behind keyfile_read, for any bytes (fuzzed). Errors as there. */
MUST_CHECK enum err keyfile_parse(struct span text, const char *path, enum seal_kind kind,
                                  struct span passphrase, struct root_key **out);

#endif /* SEAL_KEYFILE_H */
