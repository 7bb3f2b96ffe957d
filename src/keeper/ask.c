/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ask.c - questions to the keeper as bytes, in both directions. Each field has
 * its bound here; the bound of a whole question stands in grants.c. What was
 * packed unpacks to the same fields, and no other bytes give them: readers
 * accept exactly what writers write.
 */
#include "keeper/ask_int.h"

#include "crypto/scrypt.h"

enum {
    RECORD_MAX = 128,
    PEM_BYTES_MAX = 64 * 1024,
    CERT_BYTES_MAX = 16 * 1024,
    DOMAIN_MAX = 253,
    NAMES_MAX = 16 * 1024,
};

void
wrapped_pack(struct sink k, const struct wrapped *w)
{
    pack_u8(k, (uint8_t)w->purpose);
    pack_bytes(k, w->id);
    pack_bytes(k, w->bytes);
}

void
object_pack(struct sink k, const struct object_id *id)
{
    pack_str(k, id->vault.text);
    pack_u8(k, (uint8_t)id->kind);
    pack_bytes(k, id->name);
    pack_bytes(k, id->version);
}

void
keeper_pack_hello(struct sink k, const struct wrapped *integrity)
{
    wrapped_pack(k, integrity);
}

void
keeper_pack_key_new(struct sink k, enum key_purpose purpose, struct span id)
{
    pack_u8(k, (uint8_t)purpose);
    pack_bytes(k, id);
}

void
keeper_pack_key_rewrap(struct sink k, const struct wrapped *key)
{
    wrapped_pack(k, key);
}

void
keeper_pack_seal(struct sink k, const struct wrapped *key, const struct object_id *id,
                 struct span plain)
{
    wrapped_pack(k, key);
    object_pack(k, id);
    pack_bytes(k, plain);
}

void
keeper_pack_open(struct sink k, const struct wrapped *key, const struct object_id *id,
                 struct span sealed)
{
    keeper_pack_seal(k, key, id, sealed);
}

void
keeper_pack_transfer(struct sink k, const struct wrapped *from, const struct object_id *from_id,
                     struct span sealed, const struct wrapped *to,
                     const struct object_id *to_id)
{
    keeper_pack_seal(k, from, from_id, sealed);
    wrapped_pack(k, to);
    object_pack(k, to_id);
}

void
keeper_pack_signkey_new(struct sink k, enum key_purpose purpose, struct span id)
{
    keeper_pack_key_new(k, purpose, id);
}

void
keeper_pack_sign(struct sink k, const struct wrapped *key, enum sign_alg alg,
                 enum sign_digest digest, struct span bytes)
{
    wrapped_pack(k, key);
    pack_u8(k, (uint8_t)alg);
    pack_u8(k, (uint8_t)digest);
    pack_bytes(k, bytes);
}

void
keeper_pack_password_hash(struct sink k, struct span password)
{
    pack_bytes(k, password);
}

void
keeper_pack_password_check(struct sink k, struct span record, struct span password)
{
    pack_bytes(k, record);
    pack_bytes(k, password);
}

void
keeper_pack_ca_new(struct sink k, struct span id, struct span domain, int64_t not_before,
                   int64_t not_after)
{
    pack_bytes(k, id);
    pack_bytes(k, domain);
    pack_i64(k, not_before);
    pack_i64(k, not_after);
}

void
keeper_pack_leaf_new(struct sink k, const struct wrapped *ca, struct span ca_der,
                     struct span id, struct span names, int64_t not_before, int64_t not_after)
{
    wrapped_pack(k, ca);
    pack_bytes(k, ca_der);
    pack_bytes(k, id);
    pack_bytes(k, names);
    pack_i64(k, not_before);
    pack_i64(k, not_after);
}

void
keeper_pack_tls_import(struct sink k, struct span id, struct span pem)
{
    pack_bytes(k, id);
    pack_bytes(k, pem);
}

static bool
purpose_is_ok(unsigned purpose)
{
    return purpose >= PURPOSE_VAULT && purpose < PURPOSE__MAX;
}

bool
wrapped_get(struct unpack *u, struct wrapped *w)
{
    uint8_t purpose = unpack_u8(u);

    w->purpose = (enum key_purpose)purpose;
    w->id = unpack_bytes(u, KEY_ID_MAX);
    w->bytes = unpack_bytes(u, WRAPPED_MAX);
    return purpose_is_ok(purpose) && w->id.len > 0;
}

bool
object_id_get(struct unpack *u, struct object_id *id)
{
    struct span vault = unpack_bytes(u, GUID_LEN);
    uint8_t kind = unpack_u8(u);

    id->kind = (enum object_kind)kind;
    id->name = unpack_bytes(u, MAX_OBJECT_NAME);
    id->version = unpack_bytes(u, ASK_LABEL_MAX);
    return guid_parse(vault, &id->vault) && span_is_str(vault, id->vault.text) &&
           kind >= KIND_SECRET && kind <= KIND_CERTIFICATE;
}

static bool
name_get(struct unpack *u, struct span *name)
{
    *name = unpack_bytes(u, KEY_ID_MAX);
    return name->len > 0;
}

static bool
new_get(struct unpack *u, struct keeper_question *q)
{
    uint8_t purpose = unpack_u8(u);

    q->purpose = (enum key_purpose)purpose;
    return name_get(u, &q->name) && purpose_is_ok(purpose);
}

static bool
row_get(struct unpack *u, struct keeper_question *q)
{
    bool ok = wrapped_get(u, &q->key);

    ok = object_id_get(u, &q->id) && ok;
    q->bytes = unpack_bytes(u, ASK_PLAIN_MAX);
    return ok;
}

static bool
sign_get(struct unpack *u, struct keeper_question *q)
{
    bool ok = wrapped_get(u, &q->key);
    uint8_t alg = unpack_u8(u), digest = unpack_u8(u);

    q->alg = (enum sign_alg)alg;
    q->digest = (enum sign_digest)digest;
    q->bytes = unpack_bytes(u, ASK_MESSAGE_MAX);
    return ok && alg >= SIGN_RS256 && alg < SIGN_ALG__MAX && digest < SIGN_DIGEST__MAX;
}

static bool
password_get(struct unpack *u, struct keeper_question *q, bool with_record)
{
    if (with_record)
        q->record = unpack_bytes(u, RECORD_MAX);
    q->bytes = unpack_bytes(u, PASSWORD_MAX);
    return true;
}

static bool
ca_get(struct unpack *u, struct keeper_question *q)
{
    bool ok = name_get(u, &q->name);

    q->domain = unpack_bytes(u, DOMAIN_MAX);
    q->not_before = unpack_i64(u);
    q->not_after = unpack_i64(u);
    return ok;
}

static bool
leaf_get(struct unpack *u, struct keeper_question *q)
{
    bool ok = wrapped_get(u, &q->key);

    q->bytes = unpack_bytes(u, CERT_BYTES_MAX);
    ok = name_get(u, &q->name) && ok;
    q->domain = unpack_bytes(u, NAMES_MAX);
    q->not_before = unpack_i64(u);
    q->not_after = unpack_i64(u);
    return ok;
}

static bool
import_get(struct unpack *u, struct keeper_question *q)
{
    bool ok = name_get(u, &q->name);

    q->bytes = unpack_bytes(u, PEM_BYTES_MAX);
    return ok;
}

static bool
question_get(enum keeper_op op, struct unpack *u, struct keeper_question *q)
{
    switch (op) {
    case KEEPER_HELLO:
    case KEEPER_KEY_REWRAP:
        return wrapped_get(u, &q->key);
    case KEEPER_KEY_NEW:
    case KEEPER_SIGNKEY_NEW:
        return new_get(u, q);
    case KEEPER_SEAL:
    case KEEPER_OPEN:
        return row_get(u, q);
    case KEEPER_TRANSFER: {
        bool ok = row_get(u, q);

        ok = wrapped_get(u, &q->to) && ok;
        return object_id_get(u, &q->to_id) && ok;
    }
    case KEEPER_SIGN:
        return sign_get(u, q);
    case KEEPER_PASSWORD_HASH:
        return password_get(u, q, false);
    case KEEPER_PASSWORD_CHECK:
        return password_get(u, q, true);
    case KEEPER_CA_NEW:
        return ca_get(u, q);
    case KEEPER_LEAF_NEW:
        return leaf_get(u, q);
    case KEEPER_TLS_IMPORT:
        return import_get(u, q);
    case KEEPER_ROOT_STATE:
    case KEEPER_STATS:
        return true;
    case KEEPER_KEYPAIR_NEW:
    case KEEPER_KEYPAIR_IMPORT:
    case KEEPER_KEYPAIR_BYOK:
    case KEEPER_KEY_USE:
    case KEEPER_KEY_RELEASE:
    case KEEPER_KEY_DESTROY:
    case KEEPER_KEYPAIR_COPY:
    case KEEPER_CERT_IMPORT:
    case KEEPER_CERT_SECRET:
    case KEEPER_OP__MAX:
        break;
    }
    return false;
}

enum err
keeper_unpack(enum keeper_op op, struct span payload, struct keeper_question *out)
{
    struct unpack u = unpack_of(payload);
    struct keeper_question q = { 0 };

    *out = q;
    if (!question_get(op, &u, &q) || unpack_end(&u) != ERR_OK)
        return shape_is_ok(op, payload) ? ERR_ARG : ERR_PROTOCOL;
    *out = q;
    return ERR_OK;
}
