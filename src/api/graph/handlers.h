/* SPDX-License-Identifier: Apache-2.0 */
/* handlers.h - the step functions of api/routes_graph.c. */
#ifndef API_GRAPH_HANDLERS_H
#define API_GRAPH_HANDLERS_H

#include "api/exchange.h"

enum next api_graph_me(struct exchange *x);
enum next api_graph_organization(struct exchange *x);

enum next api_graph_users(struct exchange *x);
enum next api_graph_user_get(struct exchange *x);
enum next api_graph_user_post(struct exchange *x);
enum next api_graph_user_patch(struct exchange *x);
enum next api_graph_user_delete(struct exchange *x);

enum next api_graph_groups(struct exchange *x);
enum next api_graph_group_get(struct exchange *x);
enum next api_graph_group_post(struct exchange *x);
enum next api_graph_group_patch(struct exchange *x);
enum next api_graph_group_delete(struct exchange *x);
enum next api_graph_members(struct exchange *x);
enum next api_graph_member_add(struct exchange *x);
enum next api_graph_member_remove(struct exchange *x);
enum next api_graph_owners(struct exchange *x);
enum next api_graph_owner_add(struct exchange *x);
enum next api_graph_owner_remove(struct exchange *x);

enum next api_graph_applications(struct exchange *x);
enum next api_graph_application_get(struct exchange *x);
enum next api_graph_application_post(struct exchange *x);
enum next api_graph_application_patch(struct exchange *x);
enum next api_graph_application_delete(struct exchange *x);
enum next api_graph_password_add(struct exchange *x);
enum next api_graph_password_remove(struct exchange *x);
enum next api_graph_federated(struct exchange *x);
enum next api_graph_federated_get(struct exchange *x);
enum next api_graph_federated_post(struct exchange *x);
enum next api_graph_federated_patch(struct exchange *x);
enum next api_graph_federated_delete(struct exchange *x);

enum next api_graph_sps(struct exchange *x);
enum next api_graph_sp_get(struct exchange *x);
enum next api_graph_sp_post(struct exchange *x);
enum next api_graph_sp_patch(struct exchange *x);
enum next api_graph_sp_delete(struct exchange *x);

enum next api_graph_keyed(struct exchange *x);
enum next api_graph_object_get(struct exchange *x);
enum next api_graph_by_ids(struct exchange *x);
enum next api_graph_check_groups(struct exchange *x);
enum next api_graph_get_groups(struct exchange *x);
enum next api_graph_member_of(struct exchange *x);
enum next api_graph_member_of_all(struct exchange *x);

#endif /* API_GRAPH_HANDLERS_H */
