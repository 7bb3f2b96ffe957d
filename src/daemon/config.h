/* SPDX-License-Identifier: Apache-2.0 */
/*
 * config.h - keyhold.conf: `key = value` lines, # comments (man/keyhold.conf.5).
 *
 * Every key is a row of one table (config_keys.c) with kind, bounds and default,
 * so that parser, `config check`, tests and manual cannot disagree. All errors
 * of a file are collected, each with file, line and reason.
 */
#ifndef DAEMON_CONFIG_H
#define DAEMON_CONFIG_H

#include <netinet/in.h>
#include <stdbool.h>
#include <stdint.h>
#include <sys/socket.h>

#include "api/quota.h"
#include "base/buf.h"
#include "base/err.h"
#include "base/log.h"
#include "base/span.h"
#include "dial/dial.h"
#include "seal/keyfile.h"

enum { CONFIG_MAX_LISTEN = 16, CONFIG_PATH_MAX = 1024, CONFIG_NAME_MAX = 256 };

struct config_address {
    char text[64]; /* as written */
    union {
        struct sockaddr any;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } at;
    socklen_t len;
    uint16_t port; /* 0: one that is free */
};

enum confine_mode { CONFINE_ENFORCE, CONFINE_LOG };

struct config {
    char domain[CONFIG_NAME_MAX];
    struct config_address listen[CONFIG_MAX_LISTEN];
    size_t nlisten;
    bool listen_is_default; /* nobody asked for these addresses: one may be missing */
    uint16_t public_port;   /* 0: the bound port */
    struct config_address local_listen;
    bool local_listen_on;
    struct config_address pki_listen; /* plain HTTP for lists of revocation and http-01 */
    bool pki_listen_on;

    char data_dir[CONFIG_PATH_MAX];
    char store_dir[CONFIG_PATH_MAX]; /* data_dir/store; not a key */
    char store_engine[32];
    uint64_t store_map_size;
    char audit_dir[CONFIG_PATH_MAX];
    uint64_t audit_max_bytes;
    uint64_t audit_accept_loss; /* the number that the scribe's refusal named; 0: none */

    enum seal_kind seal;
    char seal_file[CONFIG_PATH_MAX];       /* absolute, a credential's too */
    char seal_passphrase[CONFIG_PATH_MAX]; /* file that holds it; "" unless seal = passphrase */

    char hsm_module[CONFIG_PATH_MAX];   /* PKCS#11; "": no token */
    char hsm_token[64];                 /* label */
    char hsm_pin_file[CONFIG_PATH_MAX]; /* absolute, a credential's too */
    char hsm_paths[CONFIG_PATH_MAX];    /* what the module may write to, comma-separated */
    char hsm_user[CONFIG_NAME_MAX];     /* "": user */
    unsigned hsm_threads;

    char tls_chain[CONFIG_PATH_MAX]; /* both or neither */
    char tls_key[CONFIG_PATH_MAX];
    char tls_extra_names[CONFIG_PATH_MAX]; /* DNS names and addresses, comma-separated */
    char identity_header_secret[CONFIG_PATH_MAX];
    char trusted_issuers[CONFIG_PATH_MAX]; /* JSON; "": nobody is trusted */

    bool dial; /* the clerk may dial out for users of vaults */
    char dial_ca_file[CONFIG_PATH_MAX];
    char dial_proxy[CONFIG_NAME_MAX]; /* URL; "": none */
    char dial_allow[CONFIG_PATH_MAX]; /* networks, comma-separated (dial/rules.h) */
    char dial_deny[CONFIG_PATH_MAX];

    char smtp_url[CONFIG_NAME_MAX]; /* smtp or smtps; "": no mail is sent */
    enum dial_tls smtp_tls;
    char smtp_from[CONFIG_NAME_MAX];          /* a mailbox (dial/mailbox.h) */
    char smtp_user[CONFIG_NAME_MAX];          /* with the password's file; "": no login */
    char smtp_password_file[CONFIG_PATH_MAX]; /* absolute, a credential's too */

    char user[CONFIG_NAME_MAX];
    unsigned loops;               /* never 0: "auto" is resolved */
    unsigned keeper_slow_threads; /* 0: one per processor */
    unsigned keeper_threads;      /* 0: none; never UINT_MAX: "auto" is resolved */
    unsigned keeper_rsa_threads;
    unsigned keeper_stock[3]; /* RSA keys of 2048, 3072, 4096 bits */
    enum confine_mode confine;

    bool api_versions_strict;
    bool guards_vault_mode;    /* between roles and access policies */
    char challenge_tenant[40]; /* "": none, "default", or a GUID */
    char location[64];
    enum log_level log_level;
    int64_t clock_offset; /* seconds; settable by override only */

    enum quota_profile throttle;
    uint64_t throttle_principal_rate, throttle_principal_burst; /* 0: no such limit */
    uint64_t throttle_vault_rate, throttle_vault_burst;

    struct {
        uint64_t connections; /* of one loop */
        uint64_t connections_per_address;
        uint64_t unauthenticated_rate, unauthenticated_burst; /* either 0: off */
        uint64_t handshake_ms, header_ms, body_ms, idle_ms, write_ms, answer_ms, drain_ms;
        uint64_t locked_memory; /* 0: by what the system allows */
    } limits;
};

/* A value from the command line; it replaces the file's. */
struct config_override {
    const char *key;
    const char *value;
};

/* What is wrong, one line each: "keyhold.conf:12: reason\n". */
struct config_report {
    struct buf text;
    unsigned errors;
};
void config_report_init(struct config_report *r);
void config_report_release(struct config_report *r);

/*
 * Parses text (a whole file; name is for messages), applies overrides, and
 * checks the whole. On ERR_OK *out is a new configuration that the caller owns.
 * ERR_SYNTAX: the report tells every reason. ERR_NOMEM.
 */
MUST_CHECK enum err config_parse(struct span text, const char *name,
                                 const struct config_override *over, size_t nover,
                                 struct config **out, struct config_report *report);
/* The same from a file; path NULL: defaults and overrides only. ERR_NOT_FOUND, ERR_IO and
 * ERR_TOO_LARGE (all in the report too). */
MUST_CHECK enum err config_load(const char *path, const struct config_override *over,
                                size_t nover, struct config **out,
                                struct config_report *report);
void config_free(struct config *c); /* NULL is allowed */

/* Does anything that is configured dial out? */
bool config_dials(const struct config *c);

/* Names and defaults of all keys, in the manual's order; NULL behind the last. */
const char *config_key_name(size_t i);
const char *config_key_default(size_t i);

#endif /* DAEMON_CONFIG_H */
