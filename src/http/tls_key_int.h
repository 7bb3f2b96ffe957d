/* SPDX-License-Identifier: Apache-2.0 */
/*
 * tls_key_int.h - an EVP_PKEY whose private half is in another process.
 *
 * A provider of our own, living in this program, offers EC and RSA keys that
 * know their public half and a function that signs. libssl uses them as it
 * uses any other key.
 */
#ifndef HTTP_TLS_KEY_INT_H
#define HTTP_TLS_KEY_INT_H

#include <openssl/evp.h>
#include <openssl/provider.h>

#include "http/tls.h"

/* Makes the provider known in lib, beside the default one. NULL on failure. */
OSSL_PROVIDER *tls_key_provider(OSSL_LIB_CTX *lib);

/*
 * A key with the public half of `public` (which is referenced) that signs by calling `sign`.
 * ERR_UNSUPPORTED  neither EC nor RSA      ERR_CRYPTO, ERR_NOMEM
 */
MUST_CHECK enum err tls_key_new(OSSL_LIB_CTX *lib, EVP_PKEY *public, tls_sign_fn sign,
                                void *arg, EVP_PKEY **out);

#endif /* HTTP_TLS_KEY_INT_H */
