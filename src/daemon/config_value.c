/* SPDX-License-Identifier: Apache-2.0 */
/* config_value.c - one value of one kind, from text into its place, or the reason why not. */
#include <arpa/inet.h>
#include <string.h>

#include "base/ids.h"
#include "daemon/config_int.h"

struct unit {
    const char *name;
    uint64_t factor;
};

static const struct unit size_units[] = { { "K", 1ull << 10 },
                                          { "M", 1ull << 20 },
                                          { "G", 1ull << 30 },
                                          { "T", 1ull << 40 },
                                          { NULL, 0 } };
static const struct unit time_units[] = {
    { "ms", 1 }, { "s", 1000 }, { "m", 60 * 1000 }, { "h", 3600 * 1000 }, { NULL, 0 }
};

static bool
is_lower_or_digit(uint8_t c)
{
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
}

static bool
is_domain(struct span s)
{
    size_t label = 0;

    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (c == '.') {
            if (label == 0 || s.ptr[i - 1] == '-')
                return false;
            label = 0;
        } else if (is_lower_or_digit(c) || (c == '-' && label > 0)) {
            if (++label > 63)
                return false;
        } else
            return false;
    }
    return label > 0 && s.ptr[s.len - 1] != '-' && s.len <= 200;
}

static bool
is_name(struct span s)
{
    for (size_t i = 0; i < s.len; i++) {
        uint8_t c = s.ptr[i];

        if (!is_lower_or_digit(c) && !(c >= 'A' && c <= 'Z') && c != '-' && c != '_' &&
            c != '.' && c != '@')
            return false;
    }
    return s.len > 0;
}

/* For the listener's certificate: no blanks, nothing that could be taken for syntax. */
static bool
is_name_list(struct span s)
{
    while (s.len > 0) {
        size_t end = span_find(s, ',');
        struct span one = span_head(s, end);
        bool v6 = span_find(one, ':') < one.len;

        for (size_t i = 0; v6 && i < one.len; i++)
            if (one.ptr[i] != ':' && (one.ptr[i] > 'f' || !is_lower_or_digit(one.ptr[i])))
                return false;
        if (!v6 && !is_domain(span_tail(one, span_has_prefix(one, span_str("*.")) ? 2 : 0)))
            return false;
        if (end + 1 == s.len)
            return false;
        s = span_tail(s, end + 1);
    }
    return true;
}

/* Digits and a unit; without one, the number counts only where bare is set. */
static bool
read_scaled(struct span v, const struct unit *units, bool bare, uint64_t *out)
{
    size_t digits = 0;
    uint64_t n;

    while (digits < v.len && v.ptr[digits] >= '0' && v.ptr[digits] <= '9')
        digits++;
    if (!span_get_u64(span_head(v, digits), &n))
        return false;
    *out = n;
    if (digits == v.len)
        return bare || n == 0;
    for (; units->name != NULL; units++)
        if (span_is_str(span_tail(v, digits), units->name))
            return !__builtin_mul_overflow(n, units->factor, out);
    return false;
}

bool
config_read_address(struct span v, struct config_address *out)
{
    struct span host, rest;
    char text[INET6_ADDRSTRLEN];
    uint64_t port;
    bool v6 = v.len > 0 && v.ptr[0] == '[';
    size_t end = span_find(v, v6 ? ']' : ':');

    *out = (struct config_address){ 0 };
    host = span_tail(span_head(v, end), v6 ? 1 : 0);
    rest = span_tail(v, v6 ? end + 1 : end);
    if (rest.len < 2 || rest.ptr[0] != ':' || !span_get_u64(span_tail(rest, 1), &port) ||
        port > 65535 || !span_copy_str(host, text, sizeof(text)) ||
        !span_copy_str(v, out->text, sizeof(out->text)))
        return false;
    out->port = (uint16_t)port;
    if (v6) {
        out->at.v6 =
            (struct sockaddr_in6){ .sin6_family = AF_INET6, .sin6_port = htons(out->port) };
        out->len = sizeof(out->at.v6);
        return inet_pton(AF_INET6, text, &out->at.v6.sin6_addr) == 1;
    }
    out->at.v4 = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons(out->port) };
    out->len = sizeof(out->at.v4);
    return inet_pton(AF_INET, text, &out->at.v4.sin_addr) == 1;
}

static bool
is_loopback(const struct config_address *a)
{
    if (a->at.any.sa_family == AF_INET6)
        return IN6_IS_ADDR_LOOPBACK(&a->at.v6.sin6_addr);
    return (ntohl(a->at.v4.sin_addr.s_addr) >> 24) == 127;
}

static bool
read_listen(struct span v, struct config *c, struct buf *why)
{
    if (c->nlisten == CONFIG_MAX_LISTEN) {
        buf_put_fmt(why, "more than %d addresses", CONFIG_MAX_LISTEN);
        return false;
    }
    if (!config_read_address(v, &c->listen[c->nlisten])) {
        buf_put_str(why, "not an address with a port, like 127.0.0.1:8443 or [::1]:8443");
        return false;
    }
    c->nlisten++;
    return true;
}

static bool
read_local(struct span v, struct config *c, struct buf *why)
{
    c->local_listen_on = !span_is_str(v, "off");
    if (!c->local_listen_on)
        return true;
    if (!config_read_address(v, &c->local_listen)) {
        buf_put_str(why, "neither \"off\" nor an address with a port, like 127.0.0.1:8440");
        return false;
    }
    if (!is_loopback(&c->local_listen)) {
        buf_put_str(why, "must be a loopback address: it speaks plain HTTP");
        return false;
    }
    return true;
}

static bool
read_pki_listen(struct span v, struct config *c, struct buf *why)
{
    c->pki_listen_on = !span_is_str(v, "off");
    if (!c->pki_listen_on || config_read_address(v, &c->pki_listen))
        return true;
    buf_put_str(why, "neither \"off\" nor an address with a port, like 0.0.0.0:80");
    return false;
}

static bool
read_number(const struct config_key *k, struct span v, uint64_t *out, struct buf *why)
{
    bool ok;

    *out = k->word_value;
    if (k->word != NULL && span_is_str(v, k->word))
        return true;
    if (k->kind == CONFIG_SIZE)
        ok = read_scaled(v, size_units, true, out);
    else if (k->kind == CONFIG_TIME)
        ok = read_scaled(v, time_units, false, out);
    else
        ok = span_get_u64(v, out);
    if (!ok) {
        buf_put_str(why, k->kind == CONFIG_TIME   ? "not a time like 500ms, 10s, 2m or 1h"
                         : k->kind == CONFIG_SIZE ? "not a number with K, M, G or T, like 256M"
                                                  : "not a number");
        return false;
    }
    if (*out < k->min || *out > k->max) {
        buf_put_fmt(why, "must be between %llu and %llu%s", (unsigned long long)k->min,
                    (unsigned long long)k->max, k->kind == CONFIG_TIME ? " milliseconds" : "");
        return false;
    }
    return true;
}

static bool
read_word(const struct config_key *k, struct span v, int *out, struct buf *why)
{
    for (int i = 0; k->words[i] != NULL; i++)
        if (span_is_str(v, k->words[i])) {
            *out = i;
            return true;
        }
    buf_put_str(why, "must be");
    for (int i = 0; k->words[i] != NULL; i++)
        buf_put_fmt(why, "%s %s", i == 0 ? "" : " or", k->words[i]);
    return false;
}

static bool
read_offset(struct span v, int64_t *out, struct buf *why)
{
    bool minus = v.len > 0 && v.ptr[0] == '-';
    uint64_t n;

    if (!span_get_u64(span_tail(v, minus ? 1 : 0), &n) || n > 100ull * 366 * 86400) {
        buf_put_str(why, "not a number of seconds within a hundred years");
        return false;
    }
    *out = minus ? -(int64_t)n : (int64_t)n;
    return true;
}

static bool
text_is_fit(const struct config_key *k, struct span v, struct buf *why)
{
    struct guid g;
    int word;

    if (k->kind == CONFIG_DOMAIN && !is_domain(v))
        buf_put_str(why, "not a lower-case domain name");
    else if (k->kind == CONFIG_PATH && (v.len == 0 || v.ptr[0] != '/'))
        buf_put_str(why, "not an absolute path");
    else if (k->kind == CONFIG_NAME && !is_name(v))
        buf_put_str(why, "not a name of letters, digits, '-', '_', '.' and '@'");
    else if (k->kind == CONFIG_NAMES && !is_name_list(v))
        buf_put_str(why, "not DNS names or IP addresses with commas between them");
    else if (k->kind == CONFIG_TENANT && !span_is_str(v, "default") && !guid_parse(v, &g))
        buf_put_str(why, "must be none, default or a tenant's GUID");
    else if (k->words != NULL)
        return read_word(k, v, &word, why);
    else
        return true;
    return false;
}

static bool
read_text(const struct config_key *k, struct span v, char *out, struct buf *why)
{
    if (k->kind == CONFIG_TENANT && span_is_str(v, "none"))
        v.len = 0;
    else if (!text_is_fit(k, v, why))
        return false;
    if (span_copy_str(v, out, k->cap))
        return true;
    buf_put_fmt(why, "longer than %zu bytes", k->cap - 1);
    return false;
}

static bool
read_unsigned(const struct config_key *k, struct span v, void *at, struct buf *why)
{
    uint64_t n;

    if (!read_number(k, v, &n, why))
        return false;
    if (k->kind == CONFIG_PORT)
        *(uint16_t *)at = (uint16_t)n;
    else if (k->kind == CONFIG_COUNT)
        *(unsigned *)at = (unsigned)n;
    else
        *(uint64_t *)at = n;
    return true;
}

bool
config_read_value(const struct config_key *k, struct span v, struct config *c, struct buf *why)
{
    void *at = (uint8_t *)c + k->at;
    int word = 0;

    switch (k->kind) {
    case CONFIG_DOMAIN:
    case CONFIG_NAME:
    case CONFIG_PATH:
    case CONFIG_FILE:
    case CONFIG_TENANT:
    case CONFIG_NAMES:
        return read_text(k, v, at, why);
    case CONFIG_LISTEN:
        return read_listen(v, c, why);
    case CONFIG_PKI_LISTEN:
        return read_pki_listen(v, c, why);
    case CONFIG_LOCAL:
        return read_local(v, c, why);
    case CONFIG_PORT:
    case CONFIG_COUNT:
    case CONFIG_SIZE:
    case CONFIG_TIME:
        return read_unsigned(k, v, at, why);
    case CONFIG_OFFSET:
        return read_offset(v, at, why);
    case CONFIG_CHOICE:
        return read_word(k, v, at, why);
    case CONFIG_FLAG:
        if (!read_word(k, v, &word, why))
            return false;
        *(bool *)at = word == 1;
        return true;
    }
    bug_on(true);
    return false;
}
