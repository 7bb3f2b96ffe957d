/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets.h - the operations on secrets (data-plane.md B1) that those of all kinds
 * (api/data/object_wire.h) do not do, as steps.
 */
#ifndef API_DATA_SECRETS_H
#define API_DATA_SECRETS_H

#include "api/exchange.h"

enum next api_secret_set(struct exchange *x);
enum next api_secret_get(struct exchange *x);
enum next api_secret_update(struct exchange *x);

/* GET /healthstatus */
enum next api_healthstatus(struct exchange *x);

#endif /* API_DATA_SECRETS_H */
