/* SPDX-License-Identifier: Apache-2.0 */
/*
 * condition.h - conditions of role assignments, version 2.0 (management-plane.md C.6).
 *
 *   cond   := and { (OR | ||) and };  and := unary { (AND | &&) unary }
 *   unary  := (NOT | !) unary | "(" cond ")" | match | Exists attr | expr
 *   match  := (ActionMatches | SubOperationMatches) "{" 'text' { "," 'text' } "}"
 *   expr   := attr operator value | attr quantifier ":" operator (set | attr)
 *   attr   := "@" (Request | Resource | Principal | Environment) "[" name "]"
 *
 * Words compare without case. Three values come out of an evaluation: what
 * cannot be known (an attribute that is missing, a value that is not a number
 * where one is needed) is neither true nor false, and neither is its negation.
 * A grant needs true; a denial applies unless false.
 *
 * Parsing takes foreign bytes: length, depth and number of nodes are bounded.
 * A struct condition is immutable; any number of threads may evaluate it.
 */
#ifndef AUTH_CONDITION_H
#define AUTH_CONDITION_H

#include <stdbool.h>
#include <stdint.h>

#include "base/buf.h"
#include "base/err.h"
#include "base/span.h"

enum {
    MAX_CONDITION = 8192, /* bytes of text */
    MAX_CONDITION_DEPTH = 32,
    MAX_CONDITION_NODES = 1024, /* expressions, connectives and literals together */
};
#define CONDITION_VERSION "2.0"

struct condition;

struct condition_fault {
    size_t at; /* byte offset */
    const char *what;
};

/* ERR_SYNTAX (why says where), ERR_TOO_LARGE, ERR_NOMEM. text is copied. */
MUST_CHECK enum err condition_parse(struct span text, struct condition **out,
                                    struct condition_fault *why);
void condition_free(struct condition *c); /* NULL is allowed */
/* Text that parses to the same condition; for tests and the fuzzer. */
void condition_write(const struct condition *c, struct buf *out);

enum attribute_source {
    ATTRIBUTE_REQUEST,
    ATTRIBUTE_RESOURCE,
    ATTRIBUTE_PRINCIPAL,
    ATTRIBUTE_ENVIRONMENT,
    ATTRIBUTE__MAX
};

/* One thing that is known about the request. Everything is text; operators read it as they
 * need it. */
struct attribute {
    enum attribute_source source;
    const char *name; /* "Microsoft.KeyVault/vaults/secrets:name"; compares without case */
    struct span value;
    const struct span *more; /* nmore further values */
    unsigned nmore;
    bool any_case; /* names that compare without case: what differs in case alone is
                    * neither equal nor different */
};

struct condition_facts {
    struct span action;
    struct span sub_operation; /* empty: the action has none */
    const struct attribute *attributes;
    size_t nattributes;
    int64_t now; /* @Environment[UtcNow] */
};

enum truth { TRUTH_FALSE, TRUTH_UNKNOWN, TRUTH_TRUE };
enum truth condition_truth(const struct condition *c, const struct condition_facts *f);

#endif /* AUTH_CONDITION_H */
