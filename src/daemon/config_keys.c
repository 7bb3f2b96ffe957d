/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config_keys.c - every key of keyhold.conf: one row. A row needs an entry in
 * man/keyhold.conf.5; a test compares.
 */
#include <limits.h>
#include <stddef.h>

#include "base/limits.h"
#include "daemon/config_int.h"
#include "http/server.h"

#define AT(member)   offsetof(struct config, member)
#define TEXT(member) .at = AT(member), .cap = sizeof(((struct config *)NULL)->member)
#define KIB(n)       ((uint64_t)(n) << 10)
#define MIB(n)       ((uint64_t)(n) << 20)
#define GIB(n)       ((uint64_t)(n) << 30)
#define SECONDS(n)   ((uint64_t)(n)*1000)
#define TEXT_OF(n)   #n
#define PRESET(n)    TEXT_OF(n) /* of a number that another room names */

static const char *const engines[] = { "lmdb", NULL };
static const char *const seals[] = { "keyfile", "credential", "passphrase", NULL };
static const char *const confines[] = { "enforce", "log", NULL };
static const char *const versions[] = { "lenient", "strict", NULL };
static const char *const mode_changes[] = { "writers", "administrators", NULL };
static const char *const switches[] = { "off", "on", NULL };
static const char *const throttles[] = { "off", "custom", "azure", NULL };
static const char *const tls_words[] = { "required", "opportunistic", "off", NULL };
static const char *const levels[] = { "error", "warning", "info", "debug", NULL };

_Static_assert(SEAL_KEYFILE == 0 && SEAL_CREDENTIAL == 1 && SEAL_PASSPHRASE == 2, "seals[]");
_Static_assert(CONFINE_ENFORCE == 0 && CONFINE_LOG == 1, "confines[]");
_Static_assert(LOG_ERROR == 0 && LOG_WARN == 1 && LOG_INFO == 2 && LOG_DEBUG == 3, "levels[]");
_Static_assert(QUOTA_OFF == 0 && QUOTA_CUSTOM == 1 && QUOTA_AZURE == 2, "throttles[]");
_Static_assert(DIAL_TLS_REQUIRED == 0 && DIAL_TLS_OFFERED == 1 && DIAL_TLS_OFF == 2,
               "tls_words[]");
_Static_assert(sizeof(enum dial_tls) == sizeof(int), "choices are stored as int");
_Static_assert(sizeof(enum quota_profile) == sizeof(int), "choices are stored as int");
_Static_assert(sizeof(enum seal_kind) == sizeof(int) &&
                   sizeof(enum confine_mode) == sizeof(int) &&
                   sizeof(enum log_level) == sizeof(int),
               "choices are stored as int");

/* clang-format off */
const struct config_key config_keys[] = {
    { "domain", CONFIG_DOMAIN, TEXT(domain), .preset = "keyhold.localhost" },
    { "listen", CONFIG_LISTEN, .preset = "127.0.0.1:8443 [::1]:8443" },
    { "public_port", CONFIG_PORT, AT(public_port), .min = 1, .max = 65535, .word = "bound", .preset = "bound" },
    { "local.listen", CONFIG_LOCAL, .preset = "off" },
    { "pki.http_listen", CONFIG_PKI_LISTEN, .preset = "off" },
    { "data_dir", CONFIG_PATH, TEXT(data_dir), .preset = "/var/lib/keyhold" },
    { "store.engine", CONFIG_NAME, TEXT(store_engine), .words = engines, .preset = "lmdb" },
    { "store.map_size", CONFIG_SIZE, AT(store_map_size), .min = MIB(1), .max = GIB(16384), .word = "auto", .preset = "auto" },
    { "audit.dir", CONFIG_PATH, TEXT(audit_dir), .preset = "" },
    { "audit.max_bytes", CONFIG_SIZE, AT(audit_max_bytes), .min = KIB(64), .max = GIB(1024), .preset = "256M" },
    { "audit.accept_loss", CONFIG_SIZE, AT(audit_accept_loss), .min = 1, .max = INT64_MAX, .word = "none", .preset = "none" },
    { "seal", CONFIG_CHOICE, AT(seal), .words = seals, .preset = "keyfile" },
    { "seal.file", CONFIG_FILE, TEXT(seal_file), .preset = "" },
    { "seal.passphrase", CONFIG_FILE, TEXT(seal_passphrase), .preset = "" },
    { "hsm.module", CONFIG_PATH, TEXT(hsm_module), .preset = "" },
    { "hsm.token", CONFIG_FILE, TEXT(hsm_token), .preset = "" },
    { "hsm.pin_file", CONFIG_FILE, TEXT(hsm_pin_file), .preset = "" },
    { "hsm.paths", CONFIG_FILE, TEXT(hsm_paths), .preset = "" },
    { "hsm.user", CONFIG_NAME, TEXT(hsm_user), .preset = "" },
    { "hsm.threads", CONFIG_COUNT, AT(hsm_threads), .min = 1, .max = 64, .preset = "4" },
    { "tls.chain", CONFIG_PATH, TEXT(tls_chain), .preset = "" },
    { "tls.key", CONFIG_PATH, TEXT(tls_key), .preset = "" },
    { "tls.extra_names", CONFIG_NAMES, TEXT(tls_extra_names), .preset = "" },
    { "identity.header_secret", CONFIG_PATH, TEXT(identity_header_secret), .preset = "" },
    { "trusted_issuers", CONFIG_PATH, TEXT(trusted_issuers), .preset = "" },
    { "dial", CONFIG_FLAG, AT(dial), .words = switches, .preset = "off" },
    { "dial.ca_file", CONFIG_PATH, TEXT(dial_ca_file), .preset = "/etc/ssl/certs/ca-certificates.crt" },
    { "dial.proxy", CONFIG_FILE, TEXT(dial_proxy), .preset = "" },
    { "dial.allow", CONFIG_FILE, TEXT(dial_allow), .preset = "" },
    { "dial.deny", CONFIG_FILE, TEXT(dial_deny), .preset = "" },
    { "smtp.url", CONFIG_FILE, TEXT(smtp_url), .preset = "" },
    { "smtp.tls", CONFIG_CHOICE, AT(smtp_tls), .words = tls_words, .preset = "required" },
    { "smtp.from", CONFIG_FILE, TEXT(smtp_from), .preset = "" },
    { "smtp.user", CONFIG_FILE, TEXT(smtp_user), .preset = "" },
    { "smtp.password_file", CONFIG_FILE, TEXT(smtp_password_file), .preset = "" },
    { "user", CONFIG_NAME, TEXT(user), .preset = "keyhold" },
    { "loops", CONFIG_COUNT, AT(loops), .min = 1, .max = 64, .word = "auto", .preset = "auto" },
    { "keeper.slow_threads", CONFIG_COUNT, AT(keeper_slow_threads), .min = 1, .max = 64, .word = "auto", .preset = "auto" },
    { "keeper.threads", CONFIG_COUNT, AT(keeper_threads), .min = 0, .max = 64, .word = "auto", .word_value = UINT_MAX, .preset = "auto" },
    { "keeper.rsa_threads", CONFIG_COUNT, AT(keeper_rsa_threads), .min = 1, .max = 64, .preset = "1" },
    { "keeper.stock_2048", CONFIG_COUNT, AT(keeper_stock[0]), .min = 0, .max = 32, .preset = "4" },
    { "keeper.stock_3072", CONFIG_COUNT, AT(keeper_stock[1]), .min = 0, .max = 32, .preset = "1" },
    { "keeper.stock_4096", CONFIG_COUNT, AT(keeper_stock[2]), .min = 0, .max = 32, .preset = "1" },
    { "confine", CONFIG_CHOICE, AT(confine), .words = confines, .preset = "enforce" },
    { "api_versions", CONFIG_FLAG, AT(api_versions_strict), .words = versions, .preset = "strict" },
    { "vault_mode_change", CONFIG_FLAG, AT(guards_vault_mode), .words = mode_changes, .preset = "writers" },
    { "challenge_tenant", CONFIG_TENANT, TEXT(challenge_tenant), .preset = "none" },
    { "location", CONFIG_NAME, TEXT(location), .preset = "local" },
    { "log.level", CONFIG_CHOICE, AT(log_level), .words = levels, .preset = "info" },
    { "clock_offset", CONFIG_OFFSET, AT(clock_offset), .preset = "0" },
    { "limits.connections", CONFIG_SIZE, AT(limits.connections), .min = 16, .max = 1000000, .preset = PRESET(HTTP_CONNS) },
    { "limits.connections_per_address", CONFIG_SIZE, AT(limits.connections_per_address), .min = 1, .max = 1000000, .word = "off", .preset = PRESET(HTTP_CONNS_PER_ADDRESS) },
    { "limits.handshake_time", CONFIG_TIME, AT(limits.handshake_ms), .min = 100, .max = SECONDS(600), .preset = PRESET(HTTP_HANDSHAKE_S) "s" },
    { "limits.header_time", CONFIG_TIME, AT(limits.header_ms), .min = 100, .max = SECONDS(600), .preset = PRESET(HTTP_HEADER_S) "s" },
    { "limits.body_time", CONFIG_TIME, AT(limits.body_ms), .min = 100, .max = SECONDS(3600), .preset = PRESET(HTTP_BODY_S) "s" },
    { "limits.idle_time", CONFIG_TIME, AT(limits.idle_ms), .min = 100, .max = SECONDS(86400), .preset = PRESET(HTTP_IDLE_M) "m" },
    { "limits.write_time", CONFIG_TIME, AT(limits.write_ms), .min = 100, .max = SECONDS(3600), .preset = PRESET(HTTP_WRITE_S) "s" },
    { "limits.answer_time", CONFIG_TIME, AT(limits.answer_ms), .min = 100, .max = SECONDS(600), .preset = PRESET(HTTP_ANSWER_S) "s" },
    { "limits.drain_time", CONFIG_TIME, AT(limits.drain_ms), .min = 0, .max = SECONDS(3600), .preset = "30s" },
    { "limits.unauthenticated_rate", CONFIG_SIZE, AT(limits.unauthenticated_rate), .min = 0, .max = 1000000, .word = "off", .preset = "50" },
    { "limits.unauthenticated_burst", CONFIG_SIZE, AT(limits.unauthenticated_burst), .min = 0, .max = 1000000, .word = "off", .preset = "500" },
    { "throttle", CONFIG_CHOICE, AT(throttle), .words = throttles, .preset = "off" },
    { "throttle.principal_rate", CONFIG_SIZE, AT(throttle_principal_rate), .min = 1, .max = QUOTA_RATE_MAX, .word = "off", .preset = "off" },
    { "throttle.principal_burst", CONFIG_SIZE, AT(throttle_principal_burst), .min = 1, .max = QUOTA_RATE_MAX, .word = "off", .preset = "off" },
    { "throttle.vault_rate", CONFIG_SIZE, AT(throttle_vault_rate), .min = 1, .max = QUOTA_RATE_MAX, .word = "off", .preset = "off" },
    { "throttle.vault_burst", CONFIG_SIZE, AT(throttle_vault_burst), .min = 1, .max = QUOTA_RATE_MAX, .word = "off", .preset = "off" },
    { "limits.locked_memory", CONFIG_SIZE, AT(limits.locked_memory), .min = MIB(2), .max = GIB(1), .word = "auto", .preset = "auto" },
};
/* clang-format on */

const size_t config_nkeys = sizeof(config_keys) / sizeof(config_keys[0]);

const char *
config_key_name(size_t i)
{
    return i < config_nkeys ? config_keys[i].name : NULL;
}

const char *
config_key_default(size_t i)
{
    return i < config_nkeys ? config_keys[i].preset : NULL;
}
