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

enum next api_arm_group_delete(struct exchange *x);
enum next api_arm_resources(struct exchange *x);
enum next api_arm_resources_of_group(struct exchange *x);
enum next api_arm_none(struct exchange *x);
enum next api_arm_operation(struct exchange *x);

enum next api_arm_vaults_of_subscription(struct exchange *x);
enum next api_arm_vaults_of_group(struct exchange *x);
enum next api_arm_vault_get(struct exchange *x);
enum next api_arm_vault_put(struct exchange *x);
enum next api_arm_vault_patch(struct exchange *x);
enum next api_arm_vault_delete(struct exchange *x);
enum next api_arm_vault_policies(struct exchange *x);
enum next api_arm_check_name(struct exchange *x);
enum next api_arm_deleted_vaults(struct exchange *x);
enum next api_arm_deleted_vault_get(struct exchange *x);
enum next api_arm_deleted_vault_purge(struct exchange *x);

enum next api_arm_secrets(struct exchange *x);
enum next api_arm_secret_get(struct exchange *x);
enum next api_arm_secret_put(struct exchange *x);
enum next api_arm_secret_patch(struct exchange *x);
enum next api_arm_keys(struct exchange *x);
enum next api_arm_key_get(struct exchange *x);
enum next api_arm_key_put(struct exchange *x);
enum next api_arm_key_versions(struct exchange *x);
enum next api_arm_key_version(struct exchange *x);

enum next api_arm_permissions(struct exchange *x);
enum next api_arm_denies(struct exchange *x);
enum next api_arm_deny_get(struct exchange *x);
enum next api_arm_operations(struct exchange *x);
enum next api_arm_provider_operations(struct exchange *x);
enum next api_arm_provider_operation(struct exchange *x);
enum next api_arm_private_links(struct exchange *x);
enum next api_arm_private_endpoints(struct exchange *x);

enum next api_arm_identities_of_subscription(struct exchange *x);
enum next api_arm_identities_of_group(struct exchange *x);
enum next api_arm_identity_get(struct exchange *x);
enum next api_arm_identity_put(struct exchange *x);
enum next api_arm_identity_patch(struct exchange *x);
enum next api_arm_identity_delete(struct exchange *x);
enum next api_arm_federated(struct exchange *x);
enum next api_arm_federated_get(struct exchange *x);
enum next api_arm_federated_put(struct exchange *x);
enum next api_arm_federated_delete(struct exchange *x);

enum next api_arm_events(struct exchange *x);
enum next api_arm_diagnostics(struct exchange *x);
enum next api_arm_diagnostic_get(struct exchange *x);
enum next api_arm_diagnostic_put(struct exchange *x);
enum next api_arm_diagnostic_delete(struct exchange *x);
enum next api_arm_diagnostic_categories(struct exchange *x);
enum next api_arm_diagnostic_category(struct exchange *x);

enum next api_arm_tags_get(struct exchange *x);
enum next api_arm_tags_put(struct exchange *x); /* and PATCH */
enum next api_arm_tags_delete(struct exchange *x);

enum next api_arm_roles(struct exchange *x);
enum next api_arm_role_get(struct exchange *x);
enum next api_arm_role_put(struct exchange *x);
enum next api_arm_role_delete(struct exchange *x);
enum next api_arm_assignments(struct exchange *x);
enum next api_arm_assignment_get(struct exchange *x);
enum next api_arm_assignment_put(struct exchange *x);
enum next api_arm_assignment_delete(struct exchange *x);

enum next api_arm_explain(struct exchange *x);

enum next api_arm_mg_list(struct exchange *x);
enum next api_arm_mg_get(struct exchange *x);
enum next api_arm_mg_put(struct exchange *x);
enum next api_arm_mg_patch(struct exchange *x);
enum next api_arm_mg_delete(struct exchange *x);
enum next api_arm_mg_operation(struct exchange *x);
enum next api_arm_mg_descendants(struct exchange *x);
enum next api_arm_mg_subscriptions(struct exchange *x);
enum next api_arm_mg_subscription_get(struct exchange *x);
enum next api_arm_mg_subscription_put(struct exchange *x);
enum next api_arm_mg_subscription_delete(struct exchange *x);
enum next api_arm_mg_check_name(struct exchange *x);
enum next api_arm_mg_backfill(struct exchange *x);
enum next api_arm_entities(struct exchange *x);
enum next api_arm_hierarchy_settings(struct exchange *x);
enum next api_arm_hierarchy_settings_get(struct exchange *x);
enum next api_arm_hierarchy_settings_put(struct exchange *x); /* and PATCH */
enum next api_arm_hierarchy_settings_delete(struct exchange *x);

enum next api_arm_deployments(struct exchange *x);
enum next api_arm_deployment_get(struct exchange *x);
enum next api_arm_deployment_put(struct exchange *x);
enum next api_arm_deployment_delete(struct exchange *x);
enum next api_arm_deployment_validate(struct exchange *x);
enum next api_arm_deployment_what_if(struct exchange *x);
enum next api_arm_deployment_cancel(struct exchange *x);
enum next api_arm_deployment_export(struct exchange *x);
enum next api_arm_deployment_operations(struct exchange *x);
enum next api_arm_deployment_operation(struct exchange *x);
enum next api_arm_deployment_status(struct exchange *x);

enum next api_arm_cas_of_subscription(struct exchange *x);
enum next api_arm_cas_of_group(struct exchange *x);
enum next api_arm_ca_get(struct exchange *x);
enum next api_arm_ca_put(struct exchange *x);
enum next api_arm_ca_patch(struct exchange *x);
enum next api_arm_ca_delete(struct exchange *x);
enum next api_arm_ca_issue(struct exchange *x);
enum next api_arm_ca_revoke(struct exchange *x);
enum next api_arm_ca_certificate(struct exchange *x);
enum next api_arm_ca_certificates(struct exchange *x);
enum next api_arm_acme_credential_new(struct exchange *x);
enum next api_arm_acme_credential_list(struct exchange *x);
enum next api_arm_acme_credential_delete(struct exchange *x);

enum next api_arm_locks(struct exchange *x);
enum next api_arm_lock_get(struct exchange *x);
enum next api_arm_lock_put(struct exchange *x);
enum next api_arm_lock_delete(struct exchange *x);

#endif /* API_ARM_HANDLERS_H */
