/* SPDX-License-Identifier: Apache-2.0 */
/*
 * certs.h - the operations T1 to T27 on certificates (data-plane.md D1), as steps. Lists,
 * delete and what follows it, backup and restore are those of all kinds
 * (api/data/object_wire.h).
 */
#ifndef API_DATA_CERTS_H
#define API_DATA_CERTS_H

#include "api/exchange.h"

enum next api_cert_create(struct exchange *x);
enum next api_cert_import(struct exchange *x);
enum next api_cert_get(struct exchange *x);
enum next api_cert_update(struct exchange *x);
enum next api_cert_get_policy(struct exchange *x);
enum next api_cert_update_policy(struct exchange *x);

enum next api_cert_get_pending(struct exchange *x);
enum next api_cert_update_pending(struct exchange *x);
enum next api_cert_delete_pending(struct exchange *x);
enum next api_cert_merge(struct exchange *x);

enum next api_cert_set_contacts(struct exchange *x);
enum next api_cert_get_contacts(struct exchange *x);
enum next api_cert_delete_contacts(struct exchange *x);

enum next api_issuer_list(struct exchange *x);
enum next api_issuer_set(struct exchange *x);
enum next api_issuer_get(struct exchange *x);
enum next api_issuer_update(struct exchange *x);
enum next api_issuer_delete(struct exchange *x);

#endif /* API_DATA_CERTS_H */
