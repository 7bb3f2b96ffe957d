/* SPDX-License-Identifier: Apache-2.0 */
/*
 * secrets.h - the operations S1 to S13 on secrets (data-plane.md B1), as steps.
 */
#ifndef API_DATA_SECRETS_H
#define API_DATA_SECRETS_H

#include "api/exchange.h"

enum next api_secret_set(struct exchange *x);
enum next api_secret_get(struct exchange *x);
enum next api_secret_update(struct exchange *x);
enum next api_secret_delete(struct exchange *x);
enum next api_secret_list(struct exchange *x);
enum next api_secret_list_versions(struct exchange *x);
enum next api_secret_backup(struct exchange *x);
enum next api_secret_restore(struct exchange *x);
enum next api_secret_list_deleted(struct exchange *x);
enum next api_secret_get_deleted(struct exchange *x);
enum next api_secret_purge(struct exchange *x);
enum next api_secret_recover(struct exchange *x);

/* GET /healthstatus */
enum next api_healthstatus(struct exchange *x);

#endif /* API_DATA_SECRETS_H */
