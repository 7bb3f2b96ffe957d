/* SPDX-License-Identifier: Apache-2.0 */
/*
 * mailbox.h - the mail addresses that we write to and from (RFC 5321 4.1.2): a
 * dot-string, '@', a domain name. Less than the RFC allows - no quotes, no address
 * literals, ASCII only - and so nothing that could end a header, a command or the
 * angle brackets around it.
 */
#ifndef DIAL_MAILBOX_H
#define DIAL_MAILBOX_H

#include <stdbool.h>

#include "base/span.h"

enum { MAILBOX_MAX = 254, MAILBOX_LOCAL_MAX = 64 };

bool mailbox_is_ok(struct span address);

#endif /* DIAL_MAILBOX_H */
