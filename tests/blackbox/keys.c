/* SPDX-License-Identifier: Apache-2.0 */
/*
 * keys.c - prints, as hex, every key of a store in each form in which it can
 * lie in memory, so that a test can look for it in processes that must not
 * have it. Needs the root key's file; for tests, built with nothing else.
 *
 * Usage: blackbox_keys STORE_DIR KEY_FILE
 * Lines: name of the row, form, hex.
 */
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/x509.h>
#include <stdio.h>

#include "base/secbuf.h"
#include "crypto/key.h"
#include "crypto/setup.h"
#include "seal/keyfile.h"
#include "seal/row.h"
#include "seal/wrap.h"
#include "vault/object.h"
#include "vault/syskey.h"
#include "vault/vault.h"

enum { SECMEM = 4 * 1024 * 1024, PART_MAX = 1024 };

struct walk {
    const struct root_key *root;
    struct rows *rows;
    struct store_view *view;
    unsigned keys, failed;
};

static void
print(const char *name, const char *form, struct span bytes)
{
    printf("%s %s ", name, form);
    for (size_t i = 0; i < bytes.len; i++)
        printf("%02x", bytes.ptr[i]);
    putchar('\n');
}

/* OpenSSL keeps numbers as little-endian words; files and our own code as big-endian bytes. */
static void
print_number(const char *name, const EVP_PKEY *key, const char *param)
{
    uint8_t bytes[PART_MAX];
    BIGNUM *n = NULL;
    int len;

    if (EVP_PKEY_get_bn_param(key, param, &n) != 1)
        return;
    len = BN_num_bytes(n);
    if (len >= 16 && len <= PART_MAX) {
        (void)BN_bn2bin(n, bytes);
        print(name, "big-endian", span_of(bytes, (size_t)len));
        (void)BN_bn2lebinpad(n, bytes, len);
        print(name, "little-endian", span_of(bytes, (size_t)len));
    }
    BN_clear_free(n);
}

static void
print_private(const char *name, struct span der)
{
    static const char *const params[] = { OSSL_PKEY_PARAM_PRIV_KEY, OSSL_PKEY_PARAM_RSA_D,
                                          OSSL_PKEY_PARAM_RSA_FACTOR1,
                                          OSSL_PKEY_PARAM_RSA_FACTOR2 };
    const unsigned char *p = der.ptr;
    EVP_PKEY *key = d2i_AutoPrivateKey(NULL, &p, (long)der.len);
    uint8_t raw[64];
    size_t len = sizeof(raw);

    print(name, "der", der);
    if (key == NULL)
        return;
    if (EVP_PKEY_is_a(key, "ED25519") == 1 && EVP_PKEY_get_raw_private_key(key, raw, &len) == 1)
        print(name, "raw", span_of(raw, len));
    else
        for (size_t i = 0; i < sizeof(params) / sizeof(params[0]); i++)
            print_number(name, key, params[i]);
    EVP_PKEY_free(key);
}

static enum err
print_wrapped(struct walk *w, const char *name, const struct wrapped *key)
{
    struct secbuf plain;
    enum err e;

    secbuf_init(&plain, WRAPPED_MAX);
    e = wrap_open(w->root, (uint8_t)key->purpose, key->id, key->bytes, &plain);
    if (e == ERR_OK && plain.len == 32)
        print(name, "bytes", secbuf_span(&plain));
    else if (e == ERR_OK)
        print_private(name, secbuf_span(&plain));
    secbuf_release(&plain);
    if (e == ERR_OK)
        w->keys++;
    else
        w->failed++;
    return e;
}

/* A key of a user: the first sealed byte are flags, then what key_put_private() wrote. */
static enum err
print_user_key(const char *name, const struct seal_row_key *vault_key_, const struct row_id *id,
               struct span sealed)
{
    struct secbuf bytes, plain;
    struct key *key = NULL;
    enum err e;

    secbuf_init(&bytes, KEY_PRIVATE_MAX + 64);
    secbuf_init(&plain, KEY_PRIVATE_MAX);
    e = row_open(vault_key_, id, sealed, &bytes);
    if (e == ERR_OK)
        e = key_load(span_tail(secbuf_span(&bytes), 1), &key);
    if (e == ERR_OK)
        e = key_put_plain(key, &plain);
    if (e == ERR_OK && key_public(key)->type == KEY_OCT)
        print(name, "oct", secbuf_span(&plain));
    else if (e == ERR_OK)
        print_private(name, secbuf_span(&plain));
    key_free(key);
    secbuf_release(&plain);
    secbuf_release(&bytes);
    return e;
}

struct user_walk {
    struct walk *walk;
    struct vault_at at;
    struct seal_row_key *key;
    size_t prefix_len;
};

/* kv/<vault>/<version>/<NAME> */
static bool
visit_user_key(void *arg, const struct store_row *row)
{
    struct user_walk *u = arg;
    struct span rest = span_tail(row->key, u->prefix_len);
    size_t slash = span_find(rest, '/');
    char name[MAX_STORE_KEY + 1];
    struct object_version v;
    struct row_id id = { .vault = span_str(u->at.vault->id.text), .kind = KIND_KEY };
    struct row r;

    (void)span_copy_str(row->key, name, sizeof(name));
    id.version = span_head(rest, slash);
    id.name = span_tail(rest, slash + 1);
    if (row_check(u->at.rows, row, &r) != ERR_OK ||
        object_version_read(r.payload, &v) != ERR_OK ||
        print_user_key(name, u->key, &id, v.sealed) != ERR_OK)
        u->walk->failed++;
    return true;
}

/* What users keep in the vault. */
static enum err
print_user_keys(struct walk *w, const struct vault *v)
{
    struct user_walk u = { .walk = w, .at = { .rows = w->rows, .view = w->view, .vault = v } };
    struct wrapped wrapped = vault_key(v);
    struct row_key prefix;
    struct secbuf plain;
    struct span keys;
    enum err e;

    secbuf_init(&plain, WRAPPED_MAX);
    e = wrap_open(w->root, (uint8_t)wrapped.purpose, wrapped.id, wrapped.bytes, &plain);
    if (e == ERR_OK)
        e = seal_row_key_new(secbuf_span(&plain), &u.key);
    secbuf_release(&plain);
    if (e != ERR_OK)
        return e;
    keys = row_key_make(&prefix, "kv", v->id.text, "", NULL);
    u.prefix_len = keys.len;
    e = store_scan(w->view, keys, (struct span){ 0 }, 10000, visit_user_key, &u);
    seal_row_key_free(u.key);
    return e;
}

static bool
visit(void *arg, const struct store_row *row)
{
    struct walk *w = arg;
    char name[MAX_STORE_KEY + 1];
    struct syskey key;
    struct wrapped wrapped;
    uint64_t revision;
    struct vault *v;

    (void)span_copy_str(row->key, name, sizeof(name));
    if (span_is_str(row->key, SYSKEY_FENCE) || span_is_str(row->key, "k/integrity"))
        return true;
    if (span_has_prefix(row->key, span_str("v/"))) {
        if (vault_load(w->rows, w->view, span_tail(row->key, 2), &v) != ERR_OK) {
            w->failed++;
            return true;
        }
        wrapped = vault_key(v);
        if (print_wrapped(w, name, &wrapped) == ERR_OK && print_user_keys(w, v) != ERR_OK)
            w->failed++;
        vault_unref(v);
        return true;
    }
    if (syskey_get(w->rows, w->view, row->key, &key, &revision) != ERR_OK) {
        w->failed++;
        return true;
    }
    wrapped = syskey_wrapped(&key);
    (void)print_wrapped(w, name, &wrapped);
    return true;
}

static enum err
open_rows(struct walk *w)
{
    struct secbuf plain;
    struct store_row row;
    enum err e = store_get(w->view, span_str("k/integrity"), &row);

    if (e != ERR_OK)
        return e;
    secbuf_init(&plain, WRAPPED_MAX);
    e = wrap_open(w->root, PURPOSE_INTEGRITY, span_str("rows"), row.value, &plain);
    if (e == ERR_OK) {
        print("k/integrity", "bytes", secbuf_span(&plain));
        e = rows_new(secbuf_span(&plain), &w->rows);
    }
    secbuf_release(&plain);
    return e;
}

static enum err
print_store(struct walk *w)
{
    enum err e = open_rows(w);

    if (e == ERR_OK)
        e = store_scan(w->view, span_str("k/"), (struct span){ 0 }, 10000, visit, w);
    if (e == ERR_OK)
        e = store_scan(w->view, span_str("v/"), (struct span){ 0 }, 10000, visit, w);
    rows_free(w->rows);
    return e;
}

static enum err
read_root(const char *path, struct root_key **out)
{
    int fd = -1;
    enum err e = keyfile_open(path, SEAL_KEYFILE, &fd);

    return e == ERR_OK ? keyfile_read(fd, path, SEAL_KEYFILE, (struct span){ 0 }, out) : e;
}

int
main(int argc, char **argv)
{
    struct store_config sc = { .engine = "lmdb", .read_only = true };
    struct walk w = { .keys = 0 };
    struct root_key *root = NULL;
    struct store *store = NULL;
    enum err e;

    if (argc != 3)
        return 64;
    sc.path = argv[1];
    if (secmem_init(SECMEM) != ERR_OK || crypto_setup() != ERR_OK)
        return 71;
    e = read_root(argv[2], &root);
    if (e == ERR_OK)
        e = store_open(&sc, &store);
    if (e == ERR_OK)
        e = store_begin(store, &w.view);
    if (e == ERR_OK) {
        w.root = root;
        print("root", "bytes", root_key_bytes(root));
        print("kek", "bytes", span_of(root_key_kek(root), ROOT_KEY_LEN));
        e = print_store(&w);
    }
    store_end(w.view);
    store_close(store);
    root_key_free(root);
    if (e != ERR_OK || w.failed > 0)
        fprintf(stderr, "blackbox_keys: %s, %u rows failed\n", err_text(e), w.failed);
    return e == ERR_OK && w.failed == 0 && w.keys > 0 ? 0 : 1;
}
