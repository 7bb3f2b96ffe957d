/* SPDX-License-Identifier: Apache-2.0 */
/*
 * routes_acme.c - what authorities tell everybody, and their ACME servers. No row takes a
 * token: a request to an ACME server is signed, and its handler finds out by whom
 * (api/acme/call.h).
 */
#include "api/acme/acme.h"
#include "api/routes.h"

#define SIGNED(path_, run_, operation_)                                                        \
    {                                                                                          \
        .plane = PLANE_PKI, .method = HTTP_POST, .path = "/acme/{authority}/" path_,           \
        .open = true, .body_max = ACME_BODY_MAX, .run = run_, .operation = operation_          \
    }
#define OPEN(method_, path_, run_, operation_)                                                 \
    {                                                                                          \
        .plane = PLANE_PKI, .method = method_, .path = "/acme/{authority}/" path_,             \
        .open = true, .run = run_, .operation = operation_                                     \
    }

/* clang-format off */
static const struct route rows[] = {
    OPEN(HTTP_GET, "directory", api_acme_directory, "AcmeDirectory"),
    OPEN(HTTP_HEAD, "newNonce", api_acme_nonce, "AcmeNonce"),
    OPEN(HTTP_GET, "newNonce", api_acme_nonce, "AcmeNonce"),
    OPEN(HTTP_GET, "renewalInfo/{certificate}", api_acme_renewal_info, "AcmeRenewalInfo"),

    SIGNED("newAccount", api_acme_account_new, "AcmeAccountNew"),
    SIGNED("keyChange", api_acme_key_change, "AcmeKeyChange"),
    SIGNED("newOrder", api_acme_order_new, "AcmeOrderNew"),
    SIGNED("revokeCert", api_acme_revoke, "AcmeRevoke"),
    SIGNED("account/{account}", api_acme_account, "AcmeAccount"),
    SIGNED("account/{account}/orders", api_acme_account_orders, "AcmeAccountOrders"),
    SIGNED("order/{order}", api_acme_order, "AcmeOrder"),
    SIGNED("order/{order}/finalize", api_acme_finalize, "AcmeFinalize"),
    SIGNED("authorization/{order}/{number}", api_acme_authorization, "AcmeAuthorization"),
    SIGNED("challenge/{order}/{number}/{type}", api_acme_challenge, "AcmeChallenge"),
    SIGNED("certificate/{serial}", api_acme_certificate, "AcmeCertificate"),
};
/* clang-format on */

const struct route_table routes_acme = { rows, sizeof(rows) / sizeof(rows[0]) };
