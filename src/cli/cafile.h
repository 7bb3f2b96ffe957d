/* SPDX-License-Identifier: Apache-2.0 */
/*
 * cafile.h - the private CA's certificate, out of the store, as files that
 * client runtimes can be pointed at.
 */
#ifndef CLI_CAFILE_H
#define CLI_CAFILE_H

#include "base/buf.h"
#include "base/err.h"
#include "daemon/config.h"

/* The CA certificate as PEM. ERR_NOT_FOUND: not founded, or the certificate is the operator's.
 */
MUST_CHECK enum err cafile_pem(const struct config *c, struct buf *pem);
/*
 * Writes ca.pem, and ca-bundle.pem (the system's authorities and ours, for runtimes whose
 * setting replaces the list), both 0644, into the data directory. EX_OK, or complained and an
 * exit code.
 */
int cafile_write(const struct config *c);

#endif /* CLI_CAFILE_H */
