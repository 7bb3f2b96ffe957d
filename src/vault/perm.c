/* SPDX-License-Identifier: Apache-2.0 */
/* perm.c - the tables of permissions (data-plane.md G2, G3, G4.2). */
#include "vault/perm.h"

#include "base/err.h"

#define ACTION(x) "Microsoft.KeyVault/vaults/" x
#define BIT(n)    (UINT32_C(1) << (n))

/*
 * The bits of struct access_policy are stored in rows: never renumber. Those below POLICY_OWN
 * mean the same in every kind that has them, the others are each kind's own.
 */
enum policy_bit_number {
    POLICY_GET,
    POLICY_LIST,
    POLICY_SET,
    POLICY_DELETE,
    POLICY_RECOVER,
    POLICY_BACKUP,
    POLICY_RESTORE,
    POLICY_PURGE,
    POLICY_CREATE,
    POLICY_IMPORT,
    POLICY_UPDATE,
    /* keys */
    POLICY_ENCRYPT,
    POLICY_DECRYPT,
    POLICY_WRAP,
    POLICY_UNWRAP,
    POLICY_SIGN,
    POLICY_VERIFY,
    POLICY_RELEASE,
    POLICY_ROTATE,
    POLICY_GET_ROTATION_POLICY,
    POLICY_SET_ROTATION_POLICY,
    POLICY_OWN = POLICY_ENCRYPT, /* where certificates and storage begin */
    /* certificates */
    POLICY_MANAGE_CONTACTS = POLICY_OWN,
    POLICY_MANAGE_ISSUERS,
    POLICY_GET_ISSUERS,
    POLICY_LIST_ISSUERS,
    POLICY_SET_ISSUERS,
    POLICY_DELETE_ISSUERS,
};

/* clang-format off */
#define SECRET(name, bit, action) { "secrets", name, BIT(bit), ACTION(action), NULL }
#define KEY(name, bit, action)    { "keys", name, BIT(bit), ACTION(action), NULL }
#define PUBLIC(name, bit, action) \
    { "keys", name, BIT(bit), ACTION(action), ACTION("keys/read") }
#define CERT(name, bit, action) { "certificates", name, BIT(bit), ACTION(action), NULL }
#define ISSUER(name, bit, action) \
    { "certificates", name, BIT(bit) | BIT(POLICY_MANAGE_ISSUERS), ACTION(action), NULL }

static const struct perm_info perms[PERM__MAX] = {
    [PERM_SECRET_GET]          = SECRET("get", POLICY_GET, "secrets/getSecret/action"),
    [PERM_SECRET_LIST]         = SECRET("list", POLICY_LIST, "secrets/readMetadata/action"),
    [PERM_SECRET_SET]          = SECRET("set", POLICY_SET, "secrets/setSecret/action"),
    [PERM_SECRET_UPDATE]       = SECRET("set", POLICY_SET, "secrets/update/action"),
    [PERM_SECRET_DELETE]       = SECRET("delete", POLICY_DELETE, "secrets/delete"),
    [PERM_SECRET_BACKUP]       = SECRET("backup", POLICY_BACKUP, "secrets/backup/action"),
    [PERM_SECRET_RESTORE]      = SECRET("restore", POLICY_RESTORE, "secrets/restore/action"),
    [PERM_SECRET_RECOVER]      = SECRET("recover", POLICY_RECOVER, "secrets/recover/action"),
    [PERM_SECRET_PURGE]        = SECRET("purge", POLICY_PURGE, "secrets/purge/action"),
    [PERM_SECRET_GET_DELETED]  = SECRET("get", POLICY_GET, "secrets/readMetadata/action"),
    [PERM_SECRET_LIST_DELETED] = SECRET("list", POLICY_LIST, "secrets/readMetadata/action"),
    [PERM_KEY_GET]             = KEY("get", POLICY_GET, "keys/read"),
    [PERM_KEY_LIST]            = KEY("list", POLICY_LIST, "keys/read"),
    [PERM_KEY_CREATE]          = KEY("create", POLICY_CREATE, "keys/create/action"),
    [PERM_KEY_IMPORT]          = KEY("import", POLICY_IMPORT, "keys/import/action"),
    [PERM_KEY_UPDATE]          = KEY("update", POLICY_UPDATE, "keys/update/action"),
    [PERM_KEY_DELETE]          = KEY("delete", POLICY_DELETE, "keys/delete"),
    [PERM_KEY_BACKUP]          = KEY("backup", POLICY_BACKUP, "keys/backup/action"),
    [PERM_KEY_RESTORE]         = KEY("restore", POLICY_RESTORE, "keys/restore/action"),
    [PERM_KEY_RECOVER]         = KEY("recover", POLICY_RECOVER, "keys/recover/action"),
    [PERM_KEY_PURGE]           = KEY("purge", POLICY_PURGE, "keys/purge/action"),
    [PERM_KEY_ENCRYPT]         = PUBLIC("encrypt", POLICY_ENCRYPT, "keys/encrypt/action"),
    [PERM_KEY_DECRYPT]         = KEY("decrypt", POLICY_DECRYPT, "keys/decrypt/action"),
    [PERM_KEY_WRAP]            = PUBLIC("wrapKey", POLICY_WRAP, "keys/wrap/action"),
    [PERM_KEY_UNWRAP]          = KEY("unwrapKey", POLICY_UNWRAP, "keys/unwrap/action"),
    [PERM_KEY_SIGN]            = KEY("sign", POLICY_SIGN, "keys/sign/action"),
    [PERM_KEY_VERIFY]          = PUBLIC("verify", POLICY_VERIFY, "keys/verify/action"),
    [PERM_KEY_RELEASE]         = KEY("release", POLICY_RELEASE, "keys/release/action"),
    [PERM_KEY_ROTATE]          = KEY("rotate", POLICY_ROTATE, "keys/rotate/action"),
    [PERM_KEY_GET_ROTATION_POLICY] =
        KEY("getrotationpolicy", POLICY_GET_ROTATION_POLICY, "keyrotationpolicies/read"),
    [PERM_KEY_SET_ROTATION_POLICY] =
        KEY("setrotationpolicy", POLICY_SET_ROTATION_POLICY, "keyrotationpolicies/write"),
    [PERM_CERT_GET]            = CERT("get", POLICY_GET, "certificates/read"),
    [PERM_CERT_LIST]           = CERT("list", POLICY_LIST, "certificates/read"),
    [PERM_CERT_CREATE]         = CERT("create", POLICY_CREATE, "certificates/create/action"),
    [PERM_CERT_IMPORT]         = CERT("import", POLICY_IMPORT, "certificates/import/action"),
    [PERM_CERT_UPDATE]         = CERT("update", POLICY_UPDATE, "certificates/update/action"),
    [PERM_CERT_DELETE]         = CERT("delete", POLICY_DELETE, "certificates/delete"),
    [PERM_CERT_BACKUP]         = CERT("backup", POLICY_BACKUP, "certificates/backup/action"),
    [PERM_CERT_RESTORE]        = CERT("restore", POLICY_RESTORE, "certificates/restore/action"),
    [PERM_CERT_RECOVER]        = CERT("recover", POLICY_RECOVER, "certificates/recover/action"),
    [PERM_CERT_PURGE]          = CERT("purge", POLICY_PURGE, "certificates/purge/action"),
    [PERM_CERT_CONTACTS] =
        CERT("managecontacts", POLICY_MANAGE_CONTACTS, "certificatecontacts/write"),
    [PERM_CERT_LIST_ISSUERS] = ISSUER("listissuers", POLICY_LIST_ISSUERS, "certificatecas/read"),
    [PERM_CERT_GET_ISSUER]   = ISSUER("getissuers", POLICY_GET_ISSUERS, "certificatecas/read"),
    [PERM_CERT_SET_ISSUER]   = ISSUER("setissuers", POLICY_SET_ISSUERS, "certificatecas/write"),
    [PERM_CERT_DELETE_ISSUER] =
        ISSUER("deleteissuers", POLICY_DELETE_ISSUERS, "certificatecas/delete"),
};

struct policy_name {
    const char *name;
    unsigned bit; /* its number */
};

/* In ARM's order. */
static const struct policy_name key_names[] = {
    { "get", POLICY_GET },           { "list", POLICY_LIST },
    { "update", POLICY_UPDATE },     { "create", POLICY_CREATE },
    { "import", POLICY_IMPORT },     { "delete", POLICY_DELETE },
    { "recover", POLICY_RECOVER },   { "backup", POLICY_BACKUP },
    { "restore", POLICY_RESTORE },   { "decrypt", POLICY_DECRYPT },
    { "encrypt", POLICY_ENCRYPT },   { "unwrapKey", POLICY_UNWRAP },
    { "wrapKey", POLICY_WRAP },      { "verify", POLICY_VERIFY },
    { "sign", POLICY_SIGN },         { "purge", POLICY_PURGE },
    { "release", POLICY_RELEASE },   { "rotate", POLICY_ROTATE },
    { "getrotationpolicy", POLICY_GET_ROTATION_POLICY },
    { "setrotationpolicy", POLICY_SET_ROTATION_POLICY },
};
static const struct policy_name secret_names[] = {
    { "get", POLICY_GET },           { "list", POLICY_LIST },
    { "set", POLICY_SET },           { "delete", POLICY_DELETE },
    { "recover", POLICY_RECOVER },   { "backup", POLICY_BACKUP },
    { "restore", POLICY_RESTORE },   { "purge", POLICY_PURGE },
};
static const struct policy_name certificate_names[] = {
    { "get", POLICY_GET },           { "list", POLICY_LIST },
    { "update", POLICY_UPDATE },     { "create", POLICY_CREATE },
    { "import", POLICY_IMPORT },     { "delete", POLICY_DELETE },
    { "recover", POLICY_RECOVER },   { "backup", POLICY_BACKUP },
    { "restore", POLICY_RESTORE },   { "managecontacts", POLICY_MANAGE_CONTACTS },
    { "manageissuers", POLICY_MANAGE_ISSUERS }, { "getissuers", POLICY_GET_ISSUERS },
    { "listissuers", POLICY_LIST_ISSUERS },     { "setissuers", POLICY_SET_ISSUERS },
    { "deleteissuers", POLICY_DELETE_ISSUERS }, { "purge", POLICY_PURGE },
};
static const struct policy_name storage_names[] = {
    { "get", POLICY_GET },           { "list", POLICY_LIST },
    { "delete", POLICY_DELETE },     { "set", POLICY_SET },
    { "update", POLICY_UPDATE },     { "regeneratekey", POLICY_OWN },
    { "getsas", POLICY_OWN + 1 },    { "listsas", POLICY_OWN + 2 },
    { "deletesas", POLICY_OWN + 3 }, { "setsas", POLICY_OWN + 4 },
    { "recover", POLICY_RECOVER },   { "backup", POLICY_BACKUP },
    { "restore", POLICY_RESTORE },   { "purge", POLICY_PURGE },
};
static const struct {
    const char *word;
    const struct policy_name *names;
    size_t n;
} kinds[PERM_KIND__MAX] = {
#define NAMES(list) list, sizeof(list) / sizeof((list)[0])
    [PERM_KEYS]         = { "keys", NAMES(key_names) },
    [PERM_SECRETS]      = { "secrets", NAMES(secret_names) },
    [PERM_CERTIFICATES] = { "certificates", NAMES(certificate_names) },
    [PERM_STORAGE]      = { "storage", NAMES(storage_names) },
};
/* clang-format on */

const struct perm_info *
perm_info(enum perm p)
{
    bug_on(p <= PERM_NONE || p >= PERM__MAX);
    return &perms[p];
}

uint32_t
perm_bits(enum perm_kind kind, struct span name)
{
    bool all = span_is_str_nocase(name, "all");
    uint32_t bits = all ? PERM_BIT_ALL : 0;

    bug_on(kind < 0 || kind >= PERM_KIND__MAX);
    for (size_t i = 0; i < kinds[kind].n; i++) {
        const struct policy_name *n = &kinds[kind].names[i];

        if (all ? n->bit != POLICY_PURGE : span_is_str_nocase(name, n->name))
            bits |= BIT(n->bit);
    }
    return bits;
}

const char *
perm_name_at(enum perm_kind kind, size_t i, uint32_t *bit)
{
    bug_on(kind < 0 || kind >= PERM_KIND__MAX);
    if (i >= kinds[kind].n)
        return NULL;
    *bit = BIT(kinds[kind].names[i].bit);
    return kinds[kind].names[i].name;
}

const char *
perm_kind_word(enum perm_kind kind)
{
    bug_on(kind < 0 || kind >= PERM_KIND__MAX);
    return kinds[kind].word;
}
