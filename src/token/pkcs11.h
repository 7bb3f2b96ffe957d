/* SPDX-License-Identifier: Apache-2.0 */
/* pkcs11.h - the names of PKCS#11 2.40, from p11-kit's header; nothing of p11-kit is linked. */
#ifndef TOKEN_PKCS11_H
#define TOKEN_PKCS11_H

#include <p11-kit/pkcs11.h>

#endif /* TOKEN_PKCS11_H */
