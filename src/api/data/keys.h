/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.h - the operations K1 to K25 on keys (data-plane.md C1), as steps. Lists,
 * delete and what follows it, backup and restore are those of all kinds
 * (api/data/object_wire.h).
 */
#ifndef API_DATA_KEYS_H
#define API_DATA_KEYS_H

#include "api/exchange.h"

enum next api_key_create(struct exchange *x);
enum next api_key_import(struct exchange *x);
enum next api_key_get(struct exchange *x);
enum next api_key_update(struct exchange *x);
enum next api_key_rotate(struct exchange *x);
enum next api_key_get_rotation_policy(struct exchange *x);
enum next api_key_set_rotation_policy(struct exchange *x);
enum next api_key_attestation(struct exchange *x);

enum next api_key_encrypt(struct exchange *x);
enum next api_key_decrypt(struct exchange *x);
enum next api_key_wrap(struct exchange *x);
enum next api_key_unwrap(struct exchange *x);
enum next api_key_sign(struct exchange *x);
enum next api_key_verify(struct exchange *x);

enum next api_key_release(struct exchange *x);

/* POST /rng */
enum next api_random_bytes(struct exchange *x);

#endif /* API_DATA_KEYS_H */
