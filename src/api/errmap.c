/* SPDX-License-Identifier: Apache-2.0 */
/*
 * errmap.c - one table from our codes to Azure's.
 *
 * Texts are data-plane.md A4.1 and A6 byte for byte, where those have one:
 * tools and tests match on them. {text} is x->fail_text; the other words in
 * braces stand below.
 */
#include "api/errmap.h"

#include "api/acme/problem.h"
#include "api/arm/arm.h"
#include "api/graph/graph.h"
#include "api/phases.h"
#include "api/versions.h"
#include "base/log.h"
#include "codec/jsw.h"
#include "vault/object_kind.h"

enum { CODE_MAX = 64 };

struct wire_err {
    unsigned status;
    const char *code;
    const char *inner;
    const char *text;
};

#define PROPERTY  "Property  has invalid value\r\n"
#define OPERATION "Method {method} does not allow operation '{operation}'"
#define PARAMETER "The request URI contains an invalid value for the parameter '{text}'."
#define MISSING(kind)                                                                          \
    "A " kind " with (name/id) {text} was not found in this key vault. If you recently "       \
    "deleted this " kind " you may be able to recover it using the correct recovery command. " \
    "For help resolving this issue, please see "                                               \
    "https://go.microsoft.com/fwlink/?linkid=2125182"
#define NOT_NOW  "The service is temporarily unavailable."
#define INTERNAL "An error occurred while processing the request."
#define UNAVAILABLE                                                                            \
    {                                                                                          \
        503, "ServiceUnavailable", NULL, NOT_NOW                                               \
    }
#define BROKEN                                                                                 \
    {                                                                                          \
        500, "InternalServerError", NULL, INTERNAL                                             \
    }

/* clang-format off */
static const struct wire_err wire_errs[ERR__MAX] = {
    /* what the request got wrong */
    [ERR_ARG]      = { 400, "BadParameter", NULL, PARAMETER },
    [ERR_BAD_PAGE] = { 400, "BadParameter", NULL, PARAMETER },
    [ERR_SYNTAX]   = { 400, "BadParameter", NULL, PROPERTY },
    [ERR_BAD_BODY] = { 400, "BadParameter", NULL, PROPERTY },
    [ERR_BAD_NAME] = { 400, "BadParameter", NULL,
        "The request URI contains an invalid name: {text}" },
    [ERR_BAD_VERSION] = { 400, "BadParameter", NULL, OPERATION },
    [ERR_UNSUPPORTED] = { 400, "BadParameter", NULL, OPERATION },
    [ERR_UNSUPPORTED_VERSION] = { 400, "BadParameter", NULL,
        "The specified version ({version}) is not recognized. Consider using the latest "
        "supported version ({newest})." },
    [ERR_VALUE_TOO_LARGE] = { 400, "BadParameter", "SecretTooLarge",
        "Secret is beyond the maximum permitted length of 25600 characters." },
    [ERR_BAD_PARAMETER] = { 400, "BadParameter", NULL, "{text}" },
    [ERR_KEY_TYPE] = { 400, "BadParameter", "KeyTypeNotSupported", "Invalid kty value: {text}" },
    [ERR_KEY_SIZE] = { 400, "BadParameter", "KeySizeNotSupported", "{text}" },
    [ERR_KEY_DATA] = { 400, "BadParameter", NULL, "The parameter is incorrect.\r\n" },
    [ERR_CERT_PASSWORD] = { 400, "BadParameter", NULL,
        "The specified PKCS#12 X.509 certificate content can not be read. Please check if "
        "certificate is in valid PKCS#12 format and its password is correct." },
    [ERR_CERT_ENCRYPTED] = { 400, "BadParameter", NULL,
        "The specified X.509 certificate content is encrypted in a way that is not supported." },
    [ERR_CERT_NO_KEY] = { 400, "BadParameter", NULL,
        "The specified X.509 certificate content does not contain a private key." },
    [ERR_CERT_KEYS] = { 400, "BadParameter", NULL,
        "The specified X.509 certificate content contains more than one private key." },
    [ERR_CERT_NONE] = { 400, "BadParameter", NULL,
        "The specified X.509 certificate content does not contain a certificate." },
    [ERR_CERT_MISMATCH] = { 400, "BadParameter", NULL,
        "The public key of the end-entity certificate in the specified X.509 certificate "
        "content does not match the public part of the specified private key. Please check if "
        "certificate is valid." },
    [ERR_BAD_BACKUP] = { 400, "BadParameter", NULL,
        "The backup blob is damaged, or was not made in this subscription." },
    [ERR_TOO_MANY_VERSIONS] = { 400, "BadParameter", NULL,
        "{Kind} {text} has more versions than a backup can hold (500)." },
    [ERR_TOO_LARGE] = { 413, "RequestEntityTooLarge", NULL, "The request is too large." },
    [ERR_BAD_HOST]  = { 400, "BadRequest", NULL, "The request names no host of this service." },

    /* who asks */
    [ERR_NO_TOKEN] = { 401, "Unauthorized", NULL,
        "AKV10000: Request is missing a Bearer or PoP token." },
    [ERR_TOKEN_FORMAT]    = { 401, "Unauthorized", NULL,
        "Error validating token: the token is malformed." },
    [ERR_TOKEN_KEY]       = { 401, "Unauthorized", NULL,
        "AKV10046: Unable to resolve the key used for signature validation." },
    [ERR_TOKEN_SIGNATURE] = { 401, "Unauthorized", NULL,
        "Error validating token: the signature is invalid." },
    [ERR_TOKEN_EXPIRED]   = { 401, "Unauthorized", NULL,
        "[TokenExpired] Error validating token: 'S2S12086'." },
    [ERR_TOKEN_AUDIENCE]  = { 401, "Unauthorized", NULL, "AKV10022: Invalid audience." },
    [ERR_TOKEN_ISSUER]    = { 401, "Unauthorized", NULL, "AKV10032: Invalid issuer." },
    [ERR_TOKEN_PRINCIPAL] = { 401, "Unauthorized", NULL,
        "Error validating token: the principal does not exist or is disabled." },
    [ERR_BAD_SECRET]      = { 401, "Unauthorized", NULL, "Invalid client secret." },
    [ERR_EXPIRED_SECRET]  = { 401, "Unauthorized", NULL, "The client secret has expired." },
    [ERR_DENIED] = { 403, "Forbidden", NULL, "Operation is not allowed." },

    /* the state of what is asked for */
    [ERR_DISABLED] = { 403, "Forbidden", "{Kind}Disabled",
        "Operation {text} is not allowed on a disabled {kind}." },
    [ERR_MANAGED] = { 403, "Forbidden", "{Kind}ManagedByKeyVault",
        "Operation \"{text}\" is not allowed as this object's lifetime is managed by Key "
        "Vault." },
    [ERR_NOT_RELEASED] = { 403, "Forbidden", "KeyReleaseForbidden",
        "The key cannot be released: {text}." },
    [ERR_KEY_OP] = { 403, "Forbidden", "KeyOperationForbidden",
        "Operation {text} is not permitted on this key." },
    [ERR_NOT_YET] = { 403, "Forbidden", "KeyNotYetValid",
        "Operation {text} is not allowed on a key that is not yet valid." },
    [ERR_EXPIRED] = { 403, "Forbidden", "KeyExpired",
        "Operation {text} is not allowed on an expired key." },
    [ERR_PURGE_PROTECTED] = { 403, "Forbidden", NULL,
        "Operation \"{text}\" is not allowed because purge protection is enabled for this "
        "vault. Key Vault service will automatically purge it after the retention period has "
        "passed.\r\nVault: {vault};location={location}" },
    [ERR_NOT_FOUND] = { 404, "NotFound", NULL, "The requested resource was not found." },
    [ERR_NO_VAULT]  = { 404, "VaultNotFound", NULL, "Vault not found: {vault}" },
    [ERR_SECRET_NOT_FOUND] = { 404, "SecretNotFound", NULL, MISSING("secret") },
    [ERR_KEY_NOT_FOUND] = { 404, "KeyNotFound", NULL, MISSING("key") },
    [ERR_CERTIFICATE_NOT_FOUND] = { 404, "CertificateNotFound", NULL, MISSING("certificate") },
    [ERR_NO_CERTIFICATE] = { 404, "CertificateNotFound", NULL, "Certificate not found: {text}" },
    [ERR_PENDING_NOT_FOUND] = { 404, "PendingCertificateNotFound", NULL,
        "Pending certificate not found: {text}" },
    [ERR_CONTACTS_NOT_FOUND] = { 404, "ContactsNotFound", NULL, "Contacts not found" },
    [ERR_ISSUER_NOT_FOUND] = { 404, "CertificateIssuerNotFound", NULL, "Issuer not found" },
    [ERR_MERGE_EARLY] = { 403, "Forbidden", NULL,
        "Merge is forbidden on pending object created with issuer : {text} while it is in "
        "progess." },
    [ERR_NAME_TAKEN] = { 409, "Conflict", NULL,
        "A key or a secret with the name {text} already exists, or is deleted but recoverable, "
        "and does not belong to a certificate." },
    [ERR_CERT_PENDING] = { 409, "Conflict", NULL,
        "A new key vault certificate can not be created or imported while a pending key vault "
        "certificate's status is inProgress." },
    [ERR_DELETED_NOT_FOUND] = { 404, "{Kind}NotFound", NULL,
        "Deleted {Kind} not found: {text}" },
    [ERR_SOFT_DELETED] = { 409, "Conflict", "ObjectIsDeletedButRecoverable",
        "{Kind} {text} is currently in a deleted but recoverable state, and its name cannot be "
        "reused; in this state, the {kind} can only be recovered or purged." },
    [ERR_RESTORE_CONFLICT] = { 409, "Conflict", NULL,
        "There was a conflict restoring the {kind} '{text}'. This can happen if either: a "
        "second {kind} with the same name was created after the first {kind} was deleted; thus "
        "trying to restore a {kind} whose name is already in use. To fix this, rename the "
        "second {kind} to something else so that the restore works. The second probable cause "
        "of this exception is when multiple operations are performed in parallel against the "
        "{kind}. To avoid this error, perform operations against a {kind} in a sequential "
        "manner." },
    [ERR_EXISTS]   = { 409, "Conflict", NULL, "The resource exists already." },
    [ERR_LOCKED]   = { 409, "Conflict", NULL, "The scope is locked." },
    [ERR_CONFLICT] = { 409, "Conflict", NULL,
        "The object was changed by another request at the same time." },

    /* nothing was done; the same request may succeed later */
    [ERR_THROTTLED] = { 429, "Throttled", NULL,
        "Request was not processed because too many requests were received. Reason: {text}" },
    [ERR_NOMEM] = UNAVAILABLE,   [ERR_BUSY] = UNAVAILABLE,   [ERR_TIMEOUT] = UNAVAILABLE,
    [ERR_AUDIT] = UNAVAILABLE,   [ERR_FULL] = UNAVAILABLE,   [ERR_AGAIN] = UNAVAILABLE,
    [ERR_CLOSED] = UNAVAILABLE,  [ERR_SEALED] = UNAVAILABLE, [ERR_UNAVAILABLE] = UNAVAILABLE,

    /* ours to mend: the cause is in the log, where it was met */
    [ERR_IO] = BROKEN,           [ERR_INTERNAL] = BROKEN,    [ERR_CRYPTO] = BROKEN,
    [ERR_PROTOCOL] = BROKEN,     [ERR_INTEGRITY] = BROKEN,   [ERR_FORMAT] = BROKEN,
    [ERR_WRONG_KEY] = BROKEN,    [ERR_ROLLBACK] = BROKEN,
};
/* clang-format on */

bool
errmap_has(enum err e)
{
    return e > ERR_OK && e < ERR__MAX && wire_errs[e].status != 0;
}

/* Third segment of the path: what Azure takes for an operation. */
static struct span
path_operation(struct span path)
{
    for (unsigned n = 0; path.len > 0;) {
        size_t end;

        if (path.ptr[0] == '/') {
            path = span_tail(path, 1);
            continue;
        }
        end = span_find(path, '/');
        if (++n == 3)
            return span_head(path, end);
        path = span_tail(path, end);
    }
    return (struct span){ 0 };
}

/* "secret" for what is about no object: only a test asks. */
static const char *
kind_word(const struct exchange *x)
{
    enum object_kind kind = x->route != NULL ? x->route->kind : 0;

    return object_kind_info(kind != 0 ? kind : KIND_SECRET)->word;
}

static const char *
kind_title(const struct exchange *x)
{
    switch (kind_word(x)[0]) {
    case 'k':
        return "Key";
    case 'c':
        return "Certificate";
    default:
        return "Secret";
    }
}

static struct span
word_of(const struct exchange *x, struct span word)
{
    if (span_is_str(word, "kind"))
        return span_str(kind_word(x));
    if (span_is_str(word, "Kind"))
        return span_str(kind_title(x));
    if (span_is_str(word, "text"))
        return span_str(x->fail_text);
    if (span_is_str(word, "method"))
        return span_str(http_method_name(phases_method(x->req)));
    if (span_is_str(word, "operation"))
        return x->fail_text[0] != '\0' ? span_str(x->fail_text) : path_operation(x->req->path);
    if (span_is_str(word, "version"))
        return x->version_text;
    if (span_is_str(word, "newest"))
        return span_str(versions_newest());
    if (span_is_str(word, "vault"))
        return x->vault != NULL ? span_str(x->vault->name) : x->vault_label;
    bug_on(!span_is_str(word, "location"));
    return span_str(x->vault != NULL ? x->vault->location : x->site->location);
}

static void
put_text(const struct exchange *x, const char *template, struct buf *out)
{
    struct span rest = span_str(template);

    while (rest.len > 0) {
        size_t at = span_find(rest, '{'), end;

        buf_put(out, span_head(rest, at));
        rest = span_tail(rest, at + 1);
        end = span_find(rest, '}');
        if (rest.len > 0)
            buf_put(out, word_of(x, span_head(rest, end)));
        rest = span_tail(rest, end + 1);
    }
}

/* Codes may name the kind too. */
static const char *
code_of(const struct exchange *x, const char *template, char room[static CODE_MAX])
{
    struct buf b;

    if (template == NULL)
        return NULL;
    buf_init(&b, CODE_MAX - 1);
    put_text(x, template, &b);
    if (!span_copy_str(buf_span(&b), room, CODE_MAX))
        (void)span_copy_str(span_str(template), room, CODE_MAX);
    buf_release(&b);
    return room;
}

void
errmap_body(struct http_response *r, unsigned status, const char *code, struct span message,
            const char *inner)
{
    struct jsw w = jsw_of(sink_sec(&r->body));

    r->status = status;
    http_response_header(r, "Content-Type", "application/json; charset=utf-8");
    jsw_object(&w, NULL);
    jsw_object(&w, "error");
    jsw_str(&w, "code", code);
    jsw_span(&w, "message", message);
    if (inner != NULL) {
        jsw_object(&w, "innererror");
        jsw_str(&w, "code", inner);
        jsw_end(&w);
    }
    jsw_end(&w);
    jsw_end(&w);
}

/* WIRE: Azure's 429 has none (A6.5); the clients honour it, and wait blindly without. */
static void
put_retry_after(struct exchange *x, unsigned status)
{
    char text[16];

    if (status != 503 && status != 429)
        return;
    (void)snprintf(text, sizeof(text), "%u", status == 429 ? x->refusal.retry_s : 1);
    http_response_header(&x->resp, "Retry-After", text);
}

void
errmap_answer(struct exchange *x, enum err e, struct buf *message)
{
    static const struct wire_err broken = BROKEN;
    const struct wire_err *row = errmap_has(e) ? &wire_errs[e] : &broken;
    char code[CODE_MAX], inner_room[CODE_MAX];
    const char *inner = code_of(x, row->inner, inner_room);

    if (x->plane == PLANE_MANAGEMENT) {
        arm_error(x, e, message);
        return;
    }
    if (x->plane == PLANE_PKI) {
        acme_error(x, e, message);
        return;
    }
    if (x->plane == PLANE_GRAPH) {
        graph_error(x, e, message);
        return;
    }
    if (row == &broken)
        log_error("no wire error for %s", err_name(e));
    if (row->status == 500)
        log_error("request %s: %s", x->request_id.text, err_text(e));
    if (e == ERR_DENIED && x->vault != NULL)
        inner = access_inner_code(&x->access);
    if (e == ERR_DENIED && message->len == 0 && x->vault != NULL && x->route != NULL &&
        x->route->need != PERM_NONE)
        phases_explain(x, message);
    if (message->len == 0)
        put_text(x, row->text, message);
    http_response_clear(&x->resp);
    if (row->status == 401)
        http_response_header(&x->resp, "WWW-Authenticate", x->site->challenge);
    put_retry_after(x, row->status);
    errmap_body(&x->resp, row->status, code_of(x, row->code, code), buf_span(message), inner);
}
