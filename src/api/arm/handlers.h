/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.h - the step functions of api/routes_arm.c. */
#ifndef API_ARM_HANDLERS_H
#define API_ARM_HANDLERS_H

#include "api/exchange.h"

enum next api_arm_metadata(struct exchange *x);

enum next api_arm_tenants(struct exchange *x);
enum next api_arm_subscriptions(struct exchange *x);
enum next api_arm_subscription(struct exchange *x);
enum next api_arm_locations(struct exchange *x);

enum next api_arm_providers(struct exchange *x);
enum next api_arm_provider(struct exchange *x);

enum next api_arm_groups(struct exchange *x);
enum next api_arm_group_get(struct exchange *x);
enum next api_arm_group_put(struct exchange *x);
enum next api_arm_group_patch(struct exchange *x);

enum next api_arm_locks(struct exchange *x);
enum next api_arm_lock_get(struct exchange *x);
enum next api_arm_lock_put(struct exchange *x);
enum next api_arm_lock_delete(struct exchange *x);

#endif /* API_ARM_HANDLERS_H */
