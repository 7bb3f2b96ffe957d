/* SPDX-License-Identifier: Apache-2.0 */
/*
 * err.h - the one result type of every fallible call.
 *
 * A code has a class: what kind of thing went wrong, and so what a caller that
 * does not know the code may do about it. 0 is success. Texts are for logs and
 * operators; what a client reads is decided in api/errmap.c alone.
 */
#ifndef BASE_ERR_H
#define BASE_ERR_H

#define MUST_CHECK __attribute__((warn_unused_result))

enum err_class {
    ERR_CLASS_NONE,
    ERR_CLASS_REQUEST,   /* the caller asked for something wrong */
    ERR_CLASS_STATE,     /* right question, wrong moment or missing thing */
    ERR_CLASS_RETRY,     /* nothing was done; the same call may succeed later */
    ERR_CLASS_INTEGRITY, /* stored or received bytes are not what we made */
    ERR_CLASS_INTERNAL,  /* our fault, or the machine's */
};

/* clang-format off */
#define ERR_LIST(X)                                                                         \
    X(ERR_OK,             NONE,      "success")                                             \
    X(ERR_NOMEM,          RETRY,     "out of memory")                                       \
    X(ERR_BUSY,           RETRY,     "busy")                                                \
    X(ERR_TIMEOUT,        RETRY,     "deadline passed")                                     \
    X(ERR_THROTTLED,      RETRY,     "too many requests")                                   \
    X(ERR_CONFLICT,       RETRY,     "a precondition of the commit no longer holds")        \
    X(ERR_UNAVAILABLE,    RETRY,     "a needed process is not there")                       \
    X(ERR_AUDIT,          RETRY,     "the audit log cannot take the record")                \
    X(ERR_FULL,           RETRY,     "no space left")                                       \
    X(ERR_IO,             INTERNAL,  "input or output failed")                              \
    X(ERR_INTERNAL,       INTERNAL,  "internal error")                                      \
    X(ERR_CRYPTO,         INTERNAL,  "a cryptographic operation failed")                    \
    X(ERR_PROTOCOL,       INTERNAL,  "a peer process broke the protocol")                   \
    X(ERR_CLOSED,         STATE,     "the other side has closed")                           \
    X(ERR_AGAIN,          RETRY,     "not ready yet")                                       \
    X(ERR_ARG,            REQUEST,   "bad argument")                                        \
    X(ERR_SYNTAX,         REQUEST,   "bad syntax")                                          \
    X(ERR_TOO_LARGE,      REQUEST,   "too large")                                           \
    X(ERR_UNSUPPORTED,    REQUEST,   "not supported")                                       \
    X(ERR_DENIED,         REQUEST,   "not permitted")                                       \
    X(ERR_NOT_FOUND,      STATE,     "not found")                                           \
    X(ERR_EXISTS,         STATE,     "already exists")                                      \
    X(ERR_SEALED,         STATE,     "the keeper has no root key")                          \
    X(ERR_INTEGRITY,      INTEGRITY, "authentication of stored or received bytes failed")   \
    X(ERR_FORMAT,         INTEGRITY, "unknown or damaged format")                           \
    X(ERR_WRONG_KEY,      INTEGRITY, "sealed under another root key")                       \
    X(ERR_ROLLBACK,       INTEGRITY, "older data was put back over newer data")             \
    X(ERR_BAD_NAME,       REQUEST,   "bad object name")                                     \
    X(ERR_BAD_VERSION,    REQUEST,   "bad object version")                                  \
    X(ERR_BAD_BODY,       REQUEST,   "bad request body")                                    \
    X(ERR_VALUE_TOO_LARGE,REQUEST,   "secret value too large")                              \
    X(ERR_BAD_PAGE,       REQUEST,   "bad page size or skip token")                         \
    X(ERR_BAD_BACKUP,     REQUEST,   "bad backup blob")                                     \
    X(ERR_TOO_MANY_VERSIONS, REQUEST,"too many versions")                                   \
    X(ERR_SECRET_NOT_FOUND,  STATE,  "secret not found")                                    \
    X(ERR_KEY_NOT_FOUND,  STATE,     "key not found")                                       \
    X(ERR_CERTIFICATE_NOT_FOUND, STATE, "certificate not found")                            \
    X(ERR_NO_CERTIFICATE, STATE,     "no certificate to delete")                            \
    X(ERR_NAME_TAKEN,     STATE,     "a key or secret that is none of a certificate has the name") \
    X(ERR_CERT_PENDING,   STATE,     "a certificate of that name is being made")            \
    X(ERR_PENDING_NOT_FOUND, STATE,  "no certificate of that name is being made")           \
    X(ERR_MERGE_EARLY,    STATE,     "the issuer is at work")                               \
    X(ERR_CONTACTS_NOT_FOUND, STATE, "no contacts")                                         \
    X(ERR_ISSUER_NOT_FOUND, STATE,   "issuer not found")                                    \
    X(ERR_KEY_OP,         STATE,     "the key does not permit the operation")               \
    X(ERR_NOT_YET,        STATE,     "the object is not valid yet")                         \
    X(ERR_EXPIRED,        STATE,     "the object has expired")                              \
    X(ERR_DELETED_NOT_FOUND, STATE,  "deleted object not found")                            \
    X(ERR_SOFT_DELETED,   STATE,     "a deleted object holds the name")                     \
    X(ERR_DISABLED,       STATE,     "the object is disabled")                              \
    X(ERR_MANAGED,        STATE,     "the object is managed by the vault")                  \
    X(ERR_PURGE_PROTECTED,STATE,     "purge protection is on")                              \
    X(ERR_BAD_PARAMETER,  REQUEST,   "bad parameter of a key operation")                    \
    X(ERR_KEY_TYPE,       REQUEST,   "key type not offered")                                \
    X(ERR_KEY_SIZE,       REQUEST,   "key size not offered")                                \
    X(ERR_NOT_RELEASED,   REQUEST,   "the key may not be released to whom was attested")     \
    X(ERR_KEY_DATA,       REQUEST,   "the key cannot do this with these bytes")             \
    X(ERR_CERT_PASSWORD,  REQUEST,   "the password does not open the file")                 \
    X(ERR_CERT_ENCRYPTED, REQUEST,   "the file is encrypted in a way that is not read")     \
    X(ERR_CERT_NO_KEY,    REQUEST,   "no private key in the file")                          \
    X(ERR_CERT_KEYS,      REQUEST,   "several private keys in the file")                    \
    X(ERR_CERT_NONE,      REQUEST,   "no certificate there")                                \
    X(ERR_CERT_MISMATCH,  REQUEST,   "no certificate of the key")                           \
    X(ERR_RESTORE_CONFLICT, STATE,   "the name to restore exists")                          \
    X(ERR_LOCKED,         STATE,     "a lock forbids it")                                    \
    X(ERR_UNSUPPORTED_VERSION, REQUEST, "api-version not recognised")                        \
    X(ERR_BAD_HOST,       REQUEST,   "no such host here")                                    \
    X(ERR_NO_VAULT,       STATE,     "no such vault")                                       \
    X(ERR_NO_TOKEN,       REQUEST,   "no bearer token")                                     \
    X(ERR_TOKEN_FORMAT,   REQUEST,   "malformed token")                                     \
    X(ERR_TOKEN_KEY,      REQUEST,   "unknown token signing key")                           \
    X(ERR_TOKEN_SIGNATURE,REQUEST,   "bad token signature")                                 \
    X(ERR_TOKEN_EXPIRED,  REQUEST,   "token expired or not yet valid")                      \
    X(ERR_TOKEN_AUDIENCE, REQUEST,   "token for another audience")                          \
    X(ERR_TOKEN_ISSUER,   REQUEST,   "token of another issuer")                             \
    X(ERR_TOKEN_PRINCIPAL,REQUEST,   "token of a deleted or disabled principal")            \
    X(ERR_BAD_SECRET,     REQUEST,   "wrong client secret")                                 \
    X(ERR_EXPIRED_SECRET, REQUEST,   "expired client secret")
/* clang-format on */

enum err {
#define X(code, cls, text) code,
    ERR_LIST(X)
#undef X
        ERR__MAX
};

/* Name of the code, for logs ("ERR_CONFLICT"); never NULL. */
const char *err_name(enum err e);
/* One lower-case phrase, no full stop; never NULL. */
const char *err_text(enum err e);
enum err_class err_class_of(enum err e);

/* The impossible happened: logs where, and aborts. Never reachable from input. */
_Noreturn void bug_at(const char *file, int line, const char *what);
#define bug_on(cond)                                                                           \
    do {                                                                                       \
        if (__builtin_expect(!!(cond), 0))                                                     \
            bug_at(__FILE__, __LINE__, #cond);                                                 \
    } while (0)

#endif /* BASE_ERR_H */
