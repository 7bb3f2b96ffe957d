/* SPDX-License-Identifier: Apache-2.0 */
/* acme_name.c - identifiers under rules. What does not fit a rule entirely does not fit. */
#include "pki/acme_name.h"

#include <arpa/inet.h>

enum { ADDRESS_MAX = 16 };

/* Length of the address in bytes, 0: it is none. */
static size_t
address_of(struct span text, uint8_t out[static ADDRESS_MAX])
{
    char copy[INET6_ADDRSTRLEN];

    if (!span_copy_str(text, copy, sizeof(copy)))
        return 0;
    if (inet_pton(AF_INET, copy, out) == 1)
        return 4;
    return inet_pton(AF_INET6, copy, out) == 1 ? ADDRESS_MAX : 0;
}

/* One address has one text, or an order and its CSR would not compare. */
static bool
is_canonical(struct span text)
{
    uint8_t bytes[ADDRESS_MAX];
    char again[INET6_ADDRSTRLEN] = "";
    size_t len = address_of(text, bytes);

    if (len == 0)
        return false;
    if (inet_ntop(len == 4 ? AF_INET : AF_INET6, bytes, again, sizeof(again)) == NULL)
        return false;
    return span_is_str(text, again);
}

static bool
is_lower(struct span s)
{
    for (size_t i = 0; i < s.len; i++)
        if (s.ptr[i] >= 'A' && s.ptr[i] <= 'Z')
            return false;
    return true;
}

/* "10.0.0.300" is neither address nor name. */
static bool
ends_with_a_number(struct span s)
{
    size_t len = s.len;

    while (len > 0 && s.ptr[len - 1] >= '0' && s.ptr[len - 1] <= '9')
        len--;
    return len < s.len && (len == 0 || s.ptr[len - 1] == '.');
}

bool
acme_name_is_ok(const struct alt_name *name)
{
    struct span s = name->text;

    if (s.len == 0 || s.len > ACME_NAME_MAX)
        return false;
    if (name->kind == ALT_IP)
        return is_canonical(s);
    /* A name without a dot is local to whoever asks; "1.2.3.4" is an address. */
    return name->kind == ALT_DNS && is_lower(s) && alt_name_is_ok(name) &&
           span_find(s, '.') < s.len && !ends_with_a_number(s);
}

/* "address/bits" */
static bool
prefix_of(struct span rule, uint8_t net[static ADDRESS_MAX], size_t *len, uint64_t *bits)
{
    size_t slash = span_find(rule, '/');

    *len = slash == rule.len ? 0 : address_of(span_head(rule, slash), net);
    return *len > 0 && span_get_u64(span_tail(rule, slash + 1), bits) && *bits <= *len * 8;
}

bool
acme_rule_is_ok(struct span rule)
{
    struct alt_name name = { ALT_DNS, rule };
    uint8_t bytes[ADDRESS_MAX];
    size_t len;
    uint64_t bits;

    if (rule.len == 0 || rule.len > ACME_NAME_MAX || !is_lower(rule))
        return false;
    if (address_of(rule, bytes) > 0)
        return is_canonical(rule);
    if (prefix_of(rule, bytes, &len, &bits))
        return true;
    if (rule.ptr[0] == '.') {
        name.text = span_tail(rule, 1);
        return alt_name_is_ok(&name) && name.text.ptr[0] != '*';
    }
    return rule.ptr[0] != '*' && acme_name_is_ok(&name);
}

static bool
is_within(struct span rule, struct span text)
{
    uint8_t net[ADDRESS_MAX], at[ADDRESS_MAX];
    size_t len;
    uint64_t bits;

    if (!prefix_of(rule, net, &len, &bits) || address_of(text, at) != len)
        return false;
    for (uint64_t i = 0; i < bits; i++)
        if (((net[i / 8] ^ at[i / 8]) >> (7 - i % 8) & 1) != 0)
            return false;
    return true;
}

bool
acme_rule_has(struct span rule, bool wildcards, const struct alt_name *name)
{
    struct span s = name->text;

    if (name->kind == ALT_IP)
        return span_is_equal(rule, s) || is_within(rule, s);
    if (span_has_prefix(s, span_str("*."))) {
        if (!wildcards)
            return false;
        /* "*.corp.example" and ".corp.example": the star is the label below. */
        return rule.ptr[0] == '.' && s.len > rule.len &&
               span_is_equal(span_tail(s, s.len - rule.len), rule);
    }
    if (rule.ptr[0] != '.')
        return span_is_equal(rule, s);
    return s.len > rule.len && span_is_equal(span_tail(s, s.len - rule.len), rule);
}
