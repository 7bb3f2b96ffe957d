/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.h - what everybody may ask about certificate authorities (docs/wire/pki.md). */
#ifndef API_PKI_HANDLERS_H
#define API_PKI_HANDLERS_H

#include "api/exchange.h"

/* GET /ca/{guid}.crl and /ca/{guid}.cer */
enum next api_pki_file(struct exchange *x);
/* POST /ocsp/{guid}; GET /ocsp/{guid}/{base64}, where a '/' of the base64 may stand as it is */
enum next api_pki_ocsp_post(struct exchange *x);
enum next api_pki_ocsp_get(struct exchange *x);

#endif /* API_PKI_HANDLERS_H */
