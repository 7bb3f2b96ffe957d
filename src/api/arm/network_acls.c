/* SPDX-License-Identifier: Apache-2.0 */
/*
 * network_acls.c - networkAcls of a body: bypass, defaultAction, addresses, subnets.
 *
 * WIRE: Azure takes public IPv4 only. Whoever keeps their own vault lives on private
 * addresses and on IPv6, so those are taken too.
 */
#include "api/arm/network_acls.h"

#include <arpa/inet.h>
#include <stdio.h>

const char network_acls_default[] =
    "{\"bypass\":\"AzureServices\",\"defaultAction\":\"Allow\",\"ipRules\":[],"
    "\"virtualNetworkRules\":[]}";

/* "a.b.c.d[/n]" or IPv6, with the prefix spelled out. False if it is neither. */
static bool
put_address(struct span text, char *out, size_t cap)
{
    uint8_t bytes[16];
    char host[INET6_ADDRSTRLEN];
    size_t slash = span_find(text, '/');
    uint64_t bits, most;
    int family;

    if (!span_copy_str(span_head(text, slash), host, sizeof(host)))
        return false;
    family = strchr(host, ':') != NULL ? AF_INET6 : AF_INET;
    most = family == AF_INET ? 32 : 128;
    if (inet_pton(family, host, bytes) != 1)
        return false;
    bits = most;
    if (slash < text.len && (!span_get_u64(span_tail(text, slash + 1), &bits) || bits > most))
        return false;
    return snprintf(out, cap, "%s/%u", host, (unsigned)bits) > 0;
}

static bool
refuse(struct exchange *x, const char *what, struct span value)
{
    (void)arm_fail(x, 400, "BadRequest",
                   "An invalid value was provided for 'networkAcls.%s': '%.*s'.", what,
                   (int)span_head(value, 200).len, (const char *)value.ptr);
    return false;
}

/* The member's value if it is one of two words; the first is the default. */
static bool
put_word(struct exchange *x, const struct jsn *acls, const char *name, const char *a,
         const char *b, struct jsw *w)
{
    struct span v = { 0 };
    enum jsn_got got = jsn_get_str(acls, name, &v);

    if (got == JSN_WRONG_TYPE)
        return refuse(x, name, v);
    if (got == JSN_ABSENT || span_is_str_nocase(v, a))
        jsw_str(w, name, a);
    else if (span_is_str_nocase(v, b))
        jsw_str(w, name, b);
    else
        return refuse(x, name, v);
    return true;
}

static bool
put_ip_rules(struct exchange *x, const struct jsn *acls, struct jsw *w)
{
    const struct jsn *list = NULL;
    enum jsn_got got = jsn_get_array(acls, "ipRules", &list);
    char text[64];

    if (got == JSN_WRONG_TYPE || (got == JSN_OK && jsn_len(list) > MAX_IP_RULES))
        return refuse(x, "ipRules", span_str(""));
    jsw_array(w, "ipRules");
    for (size_t i = 0; got == JSN_OK && i < jsn_len(list); i++) {
        struct span v = { 0 };

        if (!jsn_is_object(jsn_at(list, i)) ||
            jsn_get_str(jsn_at(list, i), "value", &v) != JSN_OK ||
            !put_address(v, text, sizeof(text)))
            return refuse(x, "ipRules", v);
        jsw_object(w, NULL);
        jsw_str(w, "value", text);
        jsw_end(w);
    }
    jsw_end(w);
    return true;
}

/* Subnet ids are answered in lower case, as Azure does. */
static bool
put_vnet_rules(struct exchange *x, const struct jsn *acls, struct jsw *w)
{
    const struct jsn *list = NULL;
    enum jsn_got got = jsn_get_array(acls, "virtualNetworkRules", &list);
    char id[512];

    if (got == JSN_WRONG_TYPE || (got == JSN_OK && jsn_len(list) > MAX_VNET_RULES))
        return refuse(x, "virtualNetworkRules", span_str(""));
    jsw_array(w, "virtualNetworkRules");
    for (size_t i = 0; got == JSN_OK && i < jsn_len(list); i++) {
        struct span v = { 0 };

        if (!jsn_is_object(jsn_at(list, i)) ||
            jsn_get_str(jsn_at(list, i), "id", &v) != JSN_OK || v.len == 0 || v.ptr[0] != '/' ||
            !span_copy_str(v, id, sizeof(id)))
            return refuse(x, "virtualNetworkRules", v);
        for (char *p = id; *p != '\0'; p++)
            if (*p >= 'A' && *p <= 'Z')
                *p = (char)(*p + 32);
        jsw_object(w, NULL);
        jsw_str(w, "id", id);
        jsw_end(w);
    }
    jsw_end(w);
    return true;
}

bool
network_acls_read(struct exchange *x, const struct jsn *acls, struct buf *out)
{
    struct jsw w = jsw_of(sink_buf(out));

    jsw_object(&w, NULL);
    if (!put_word(x, acls, "bypass", "AzureServices", "None", &w) ||
        !put_word(x, acls, "defaultAction", "Allow", "Deny", &w) ||
        !put_ip_rules(x, acls, &w) || !put_vnet_rules(x, acls, &w))
        return false;
    jsw_end(&w);
    return out->err == ERR_OK || refuse(x, "ipRules", span_str(""));
}
