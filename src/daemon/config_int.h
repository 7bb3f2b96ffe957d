/* SPDX-License-Identifier: Apache-2.0 */
/* config_int.h - the table of keys and the readers of their values; inside daemon/config*.c. */
#ifndef DAEMON_CONFIG_INT_H
#define DAEMON_CONFIG_INT_H

#include "daemon/config.h"

enum config_kind {
    CONFIG_DOMAIN,     /* lower-case DNS name */
    CONFIG_NAME,       /* letters, digits, - _ . @ */
    CONFIG_PATH,       /* absolute */
    CONFIG_FILE,       /* any text without blanks at its ends; judged later */
    CONFIG_NAMES,      /* DNS names and addresses, comma-separated */
    CONFIG_LISTEN,     /* address, repeatable */
    CONFIG_LOCAL,      /* loopback address, or "off" */
    CONFIG_PKI_LISTEN, /* any address, or "off" */
    CONFIG_PORT,       /* 1-65535 into uint16_t, or the word */
    CONFIG_COUNT,      /* unsigned, or the word */
    CONFIG_SIZE,       /* bytes with K, M, G, T into uint64_t, or the word */
    CONFIG_TIME,       /* ms, s, m, h into uint64_t milliseconds */
    CONFIG_OFFSET,     /* signed seconds; by override only */
    CONFIG_CHOICE,     /* one of `words` into an int-sized enum */
    CONFIG_FLAG,       /* words[1] is true, words[0] false */
    CONFIG_TENANT,     /* none, default, GUID */
};

struct config_key {
    const char *name;
    enum config_kind kind;
    size_t at;         /* offset in struct config */
    size_t cap;        /* of texts */
    uint64_t min, max; /* of numbers */
    const char *word;  /* a word that stands for 0, or for: */
    uint64_t word_value;
    const char *const *words; /* of choices, NULL-terminated, in the enum's order */
    const char *preset;       /* default, as one would write it; "" = derived or unset */
};

extern const struct config_key config_keys[];
extern const size_t config_nkeys;

/* Reads value into its place in c; false with a reason otherwise. */
bool config_read_value(const struct config_key *k, struct span value, struct config *c,
                       struct buf *why);
/* "127.0.0.1:80", "[::1]:80", "0.0.0.0:0". */
bool config_read_address(struct span value, struct config_address *out);

#endif /* DAEMON_CONFIG_INT_H */
