/* SPDX-License-Identifier: Apache-2.0 */
/*
 * limits.h - every bound that a client, a peer process or a file can push on,
 * in one place. Sources: docs/wire/limits.md.
 */
#ifndef BASE_LIMITS_H
#define BASE_LIMITS_H

enum {
    /* HTTP */
    MAX_REQUEST_LINE = 8 * 1024,
    MAX_HEADER_BYTES = 32 * 1024, /* all header lines together */
    MAX_HEADERS = 100,
    MAX_BODY = 1024 * 1024,              /* ordinary routes */
    MAX_BODY_RESTORE = 24 * 1024 * 1024, /* backup blobs only */
    MAX_QUERY_PARAMS = 32,
    MAX_PIPELINED = 8,

    /* JSON */
    MAX_JSON_DEPTH = 16,

    /* objects (data-plane.md A8, A11) */
    MAX_OBJECT_NAME = 127,
    VERSION_LEN = 32,
    MAX_SECRET_CHARS = 25600,     /* UTF-16 units, as Azure counts */
    MAX_SECRET_BYTES = 25600 * 3, /* the same in UTF-8, at worst */
    MAX_TAGS = 15,
    MAX_TAG_CHARS = 512,
    MAX_CONTENT_TYPE = 255,
    MAX_BACKUP_VERSIONS = 500,
    PAGE_MAX = 25,
    MIN_RETENTION_DAYS = 7,
    MAX_RETENTION_DAYS = 90,
    MAX_ACCESS_POLICIES = 1024,
    MAX_VAULT_NAME = 24,
    MIN_VAULT_NAME = 3,

    /* tokens */
    MAX_TOKEN = 16 * 1024,
    MAX_GROUPS_OF_PRINCIPAL = 1024,
    MAX_GROUP_DEPTH = 8,

    /* between processes */
    MAX_IPC_PACKET = 64 * 1024,         /* one SOCK_SEQPACKET datagram */
    MAX_IPC_MESSAGE = 32 * 1024 * 1024, /* one message, fragmented over packets */
    MAX_IPC_QUEUE = 64 * 1024 * 1024,   /* queued to a peer that does not read */

    /* store */
    MAX_STORE_KEY = 480, /* below LMDB's 511 */
    MAX_STORE_VALUE = 4 * 1024 * 1024,
    MAX_COMMIT_KEYS = 4096,

    /* configuration and seed files */
    MAX_CONFIG_BYTES = 256 * 1024,
    MAX_SEED_BYTES = 4 * 1024 * 1024,
};

#endif /* BASE_LIMITS_H */
