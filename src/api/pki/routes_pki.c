/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes_pki.c - the site `pki`, and the listener without TLS that serves some of it. All of it
 * is public: who verifies a certificate has no token.
 */
#include "api/pki/challenge.h"
#include "api/pki/handlers.h"
#include "api/routes.h"
#include "crypto/ocsp.h"

#define OPEN_ON(site, m, p, fn, max, op)                                                       \
    {                                                                                          \
        .plane = site, .method = HTTP_##m, .path = p, .open = true, .body_max = max,           \
        .run = fn, .operation = op                                                             \
    }
#define BOTH(m, p, fn, max, op)                                                                \
    OPEN_ON(PLANE_PKI, m, p, fn, max, op), OPEN_ON(PLANE_PKI_HTTP, m, p, fn, max, op)

static const struct route rows[] = {
    BOTH(GET, "/ca/{file}", api_pki_file, 0, "CertificateAuthorityFile"),
    BOTH(POST, "/ocsp/{ca}", api_pki_ocsp_post, OCSP_REQUEST_MAX, "OcspPost"),
    BOTH(GET, "/ocsp/{ca}/{*request}", api_pki_ocsp_get, 0, "OcspGet"),
    OPEN_ON(PLANE_PKI_HTTP, GET, "/.well-known/acme-challenge/{token}", api_challenge_get, 0,
            "AcmeChallengeGet"),
};

const struct route_table routes_pki = { rows, sizeof(rows) / sizeof(rows[0]) };
