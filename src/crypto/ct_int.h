/* SPDX-License-Identifier: Apache-2.0 */
/*
 * ct_int.h - decisions about secret bytes as masks, all ones or all zeros, so that neither a
 * branch nor an address tells what was decided.
 */
#ifndef CRYPTO_CT_INT_H
#define CRYPTO_CT_INT_H

#include <stddef.h>
#include <stdint.h>

typedef size_t ct_mask;

/* Keeps the compiler from seeing that a mask has two values only, and so from branching. */
static inline size_t
ct_hide(size_t a)
{
    __asm__("" : "+r"(a));
    return a;
}

/* From the top bit. */
static inline ct_mask
ct_msb(size_t a)
{
    return ct_hide(0 - (a >> (sizeof(a) * 8 - 1)));
}

static inline ct_mask
ct_is_zero(size_t a)
{
    return ct_msb(~a & (a - 1));
}

static inline ct_mask
ct_is_equal(size_t a, size_t b)
{
    return ct_is_zero(a ^ b);
}

/* a < b, for numbers below half of what size_t holds. */
static inline ct_mask
ct_is_less(size_t a, size_t b)
{
    return ct_msb(a - b);
}

static inline size_t
ct_select(ct_mask m, size_t yes, size_t no)
{
    return (ct_hide(m) & yes) | (ct_hide(~m) & no);
}

#endif /* CRYPTO_CT_INT_H */
