/* SPDX-License-Identifier: Apache-2.0 */
/* cert_import.h - a certificate's file taken in: read here, kept by the provider. */
#ifndef KEEPER_CERT_IMPORT_H
#define KEEPER_CERT_IMPORT_H

#include "base/err.h"
#include "base/secbuf.h"
#include "keeper/ask_cert.h"
#include "keeper/provider.h"

/* KEEPER_CERT_IMPORT, with a state of the provider's. Appends the answer. */
MUST_CHECK enum err cert_import(const struct key_provider *provider, void *state,
                                const struct key_question *q, struct secbuf *answer);

#endif /* KEEPER_CERT_IMPORT_H */
