/* SPDX-License-Identifier: Apache-2.0 */
/* problem.c - problem documents, and the headers that go with answers. */
#include "acme/message.h"

enum { SUBPROBLEMS_TOLD = 3, RETRY_MIN = 1 };
#define URN "urn:ietf:params:acme:error:"

static struct span
type_of(const struct jsn *problem)
{
    struct span type = { 0 };

    if (problem == NULL || !jsn_is_object(problem) ||
        jsn_get_str(problem, "type", &type) != JSN_OK)
        return (struct span){ 0 };
    if (span_has_prefix(type, span_str(URN)))
        type = span_tail(type, sizeof(URN) - 1);
    return type;
}

enum acmec_problem
acmec_problem_kind(const struct jsn *problem)
{
    static const struct {
        const char *word;
        enum acmec_problem kind;
    } words[] = {
        { "badNonce", ACME_BAD_NONCE },
        { "rateLimited", ACME_RATE_LIMITED },
        { "accountDoesNotExist", ACME_NO_ACCOUNT },
        { "serverInternal", ACME_SERVER },
    };
    struct span type = type_of(problem);

    for (size_t i = 0; i < sizeof(words) / sizeof(words[0]); i++)
        if (span_is_str(type, words[i].word))
            return words[i].kind;
    return ACME_PROBLEM_OTHER;
}

/* What is not printable ASCII is a '?'; what does not fit is left out. */
static void
put_text(struct buf *out, struct span text)
{
    for (size_t i = 0; i < text.len && out->len < ACME_TEXT_MAX; i++)
        buf_put_byte(out, text.ptr[i] >= ' ' && text.ptr[i] < 0x7f ? text.ptr[i] : '?');
}

static void
put_one(const struct jsn *problem, struct buf *out)
{
    struct span type = type_of(problem), detail;

    put_text(out, type.len > 0 ? type : span_str("error"));
    if (jsn_get_str(problem, "detail", &detail) == JSN_OK && detail.len > 0) {
        put_text(out, span_str(": "));
        put_text(out, detail);
    }
}

void
acmec_problem_put(const struct jsn *problem, struct buf *out)
{
    const struct jsn *list;

    if (problem == NULL || !jsn_is_object(problem)) {
        put_text(out, span_str("no reason was given"));
        return;
    }
    put_one(problem, out);
    if (jsn_get_array(problem, "subproblems", &list) != JSN_OK)
        return;
    for (size_t i = 0; i < jsn_len(list) && i < SUBPROBLEMS_TOLD; i++) {
        if (!jsn_is_object(jsn_at(list, i)))
            continue;
        put_text(out, span_str("; "));
        put_one(jsn_at(list, i), out);
    }
}

enum acmec_problem
acmec_problem_read(struct span body, unsigned status, struct buf *out)
{
    enum acmec_problem kind = ACME_PROBLEM_OTHER;
    struct jsn *root = NULL;

    if (jsn_parse(body, &root) == ERR_OK && type_of(root).len > 0) {
        kind = acmec_problem_kind(root);
        acmec_problem_put(root, out);
    } else
        buf_put_fmt(out, "HTTP status %u", status);
    jsn_free(root);
    if (kind == ACME_PROBLEM_OTHER && status == 429)
        kind = ACME_RATE_LIMITED;
    if (kind == ACME_PROBLEM_OTHER && status >= 500)
        kind = ACME_SERVER;
    return kind;
}

/* -------------------------------------------------------------------------- headers */

/* rel="a b" or rel=a */
static bool
has_relation(struct span params, const char *relation)
{
    while (params.len > 0) {
        size_t end = span_find(params, ';');
        struct span one = span_trim(span_head(params, end));

        params = span_tail(params, end + 1);
        if (!span_has_prefix(one, span_str("rel=")))
            continue;
        one = span_tail(one, 4);
        if (one.len >= 2 && one.ptr[0] == '"' && one.ptr[one.len - 1] == '"')
            one = span_of(one.ptr + 1, one.len - 2);
        return span_is_str_nocase(one, relation);
    }
    return false;
}

bool
acmec_link_read(struct span value, const char *relation, struct span *url)
{
    struct span rest = span_trim(value);
    size_t end;

    *url = (struct span){ 0 };
    if (rest.len == 0 || rest.ptr[0] != '<')
        return false;
    rest = span_tail(rest, 1);
    end = span_find(rest, '>');
    if (end == rest.len || !acmec_url_is_ok(span_head(rest, end)) ||
        !has_relation(span_tail(rest, end + 1), relation))
        return false;
    *url = span_head(rest, end);
    return true;
}

unsigned
acmec_retry_after(struct span value, unsigned otherwise)
{
    uint64_t n;

    if (!span_get_u64(span_trim(value), &n))
        return otherwise;
    return n < RETRY_MIN              ? RETRY_MIN
           : n > ACME_RETRY_AFTER_MAX ? ACME_RETRY_AFTER_MAX
                                      : (unsigned)n;
}
