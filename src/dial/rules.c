/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rules.c - addresses as 128 bits, IPv4 mapped into them, so that there is one
 * kind of network to compare with.
 */
#include "dial/rules.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <string.h>

enum { ADDRESS_TEXT_MAX = 64, V4_BITS = 96 };

/* What is not public though it looks so: iana-ipv4-special-registry and its sister. The last
 * two of IPv4: Azure's and Alibaba's metadata services, which clouds put into public or shared
 * space. IPv6 outside 2000::/3 needs no rows: nothing else is public. */
static const char special[] = "0.0.0.0/8,10.0.0.0/8,100.64.0.0/10,127.0.0.0/8,169.254.0.0/16,"
                              "172.16.0.0/12,192.0.0.0/24,192.0.2.0/24,192.88.99.0/24,"
                              "192.168.0.0/16,198.18.0.0/15,198.51.100.0/24,203.0.113.0/24,"
                              "224.0.0.0/4,240.0.0.0/4,168.63.129.16,100.100.100.200,"
                              "2001::/23,2001:db8::/32,2002::/16,3fff::/20";
static const char mapped[] = "::ffff:0.0.0.0/96", global[] = "2000::/3";

static const uint8_t v4_prefix[12] = { 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff };

static bool
read_address(struct span text, uint8_t out[static 16], bool *v4)
{
    char s[ADDRESS_TEXT_MAX];

    if (!span_copy_str(text, s, sizeof(s)))
        return false;
    memcpy(out, v4_prefix, sizeof(v4_prefix));
    *v4 = inet_pton(AF_INET, s, out + sizeof(v4_prefix)) == 1;
    return *v4 || inet_pton(AF_INET6, s, out) == 1;
}

static unsigned
bit_of(const uint8_t addr[static 16], unsigned i)
{
    return (unsigned)addr[i / 8] >> (7 - i % 8) & 1u;
}

static bool
parse_net(struct span text, struct dial_net *out)
{
    size_t slash = span_find(text, '/');
    uint64_t bits = 0;
    bool v4;

    if (!read_address(span_head(text, slash), out->addr, &v4))
        return false;
    out->bits = 128;
    if (slash < text.len) {
        if (!span_get_u64(span_tail(text, slash + 1), &bits) || bits > (v4 ? 32 : 128))
            return false;
        out->bits = (unsigned)bits + (v4 ? V4_BITS : 0);
    }
    for (unsigned i = out->bits; i < 128; i++)
        if (bit_of(out->addr, i) != 0)
            return false;
    return true;
}

enum err
dial_nets_parse(struct span text, struct dial_nets *out)
{
    bool more = text.len > 0;

    out->n = 0;
    while (more) {
        size_t end = span_find(text, ',');

        more = end < text.len;
        if (out->n == DIAL_NETS_MAX)
            return ERR_TOO_LARGE;
        if (!parse_net(span_trim(span_head(text, end)), &out->net[out->n]))
            return ERR_SYNTAX;
        out->n++;
        text = span_tail(text, end + 1);
    }
    return ERR_OK;
}

static bool
net_holds(const struct dial_net *n, const uint8_t addr[static 16])
{
    for (unsigned i = 0; i < n->bits; i++)
        if (bit_of(n->addr, i) != bit_of(addr, i))
            return false;
    return true;
}

static bool
nets_hold(const struct dial_nets *nets, const uint8_t addr[static 16])
{
    for (size_t i = 0; i < nets->n; i++)
        if (net_holds(&nets->net[i], addr))
            return true;
    return false;
}

static bool
list_holds(const char *list, const uint8_t addr[static 16])
{
    struct dial_nets nets;

    bug_on(dial_nets_parse(span_str(list), &nets) != ERR_OK);
    return nets_hold(&nets, addr);
}

static bool
admits(const struct dial_rules *r, const uint8_t addr[static 16])
{
    if (nets_hold(&r->deny, addr))
        return false;
    if (nets_hold(&r->allow, addr))
        return true;
    return (list_holds(mapped, addr) || list_holds(global, addr)) && !list_holds(special, addr);
}

bool
dial_rules_admit(const struct dial_rules *r, const struct sockaddr *to)
{
    struct sockaddr_in v4;
    struct sockaddr_in6 v6;
    uint8_t addr[16];

    if (to->sa_family == AF_INET) {
        memcpy(&v4, to, sizeof(v4));
        memcpy(addr, v4_prefix, sizeof(v4_prefix));
        memcpy(addr + sizeof(v4_prefix), &v4.sin_addr, 4);
        return admits(r, addr);
    }
    if (to->sa_family != AF_INET6)
        return false;
    memcpy(&v6, to, sizeof(v6));
    memcpy(addr, &v6.sin6_addr, sizeof(addr));
    return admits(r, addr);
}

/* 127.1, 0x7f000001 and 2130706433 are addresses to some: whoever resolves such a name. */
static bool
ends_in_number(struct span host)
{
    size_t start;

    if (host.len > 0 && host.ptr[host.len - 1] == '.')
        host.len--;
    start = host.len;
    while (start > 0 && host.ptr[start - 1] != '.')
        start--;
    return start < host.len && host.ptr[start] >= '0' && host.ptr[start] <= '9';
}

bool
dial_rules_admit_host(const struct dial_rules *r, struct span host)
{
    uint8_t addr[16];
    bool v4;

    if (read_address(host, addr, &v4))
        return admits(r, addr);
    return !ends_in_number(host);
}
