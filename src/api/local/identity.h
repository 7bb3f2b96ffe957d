/* SPDX-License-Identifier: Apache-2.0 */
/*
 * identity.h - tokens of managed identities for workloads of this host, in the
 * shapes of IMDS, App Service and the old MSI extension (identity-and-cli.md 5).
 *
 * The listener is a loopback one; what keeps a browser or a proxy from being
 * used against it are the headers: `Metadata: true` or the identity header must
 * be there, X-Forwarded-For must not.
 */
#ifndef API_LOCAL_IDENTITY_H
#define API_LOCAL_IDENTITY_H

#include "api/exchange.h"

enum next api_identity_imds(struct exchange *x);       /* GET, query */
enum next api_identity_appservice(struct exchange *x); /* GET, query, identity header */
enum next api_identity_legacy(struct exchange *x);     /* POST, form */

#endif /* API_LOCAL_IDENTITY_H */
