/* SPDX-License-Identifier: Apache-2.0 */
/*
 * dial.h - questions to strangers: HTTP(S) requests and mail, made by libcurl for
 * the one process that dials out (the clerk; design 1, decision 0019).
 *
 * A dialler is driven by its owner's loop: dial_start() begins, dial_wait() waits
 * and moves all that was begun, and calls back whoever's answer is there. Nothing
 * blocks but dial_wait(), and that no longer than it was told to.
 *
 * What strangers may do is bounded: bytes of the answer and of its head, time,
 * redirects (none is followed), protocols (http, https, smtp, smtps), TLS (1.2 or
 * later, verified with the given CA certificates), and the addresses that are
 * really connected to (dial/rules.h). Nothing is taken from the environment.
 *
 * Threads: one. libcurl has a thread of its own while a name is resolved.
 */
#ifndef DIAL_DIAL_H
#define DIAL_DIAL_H

#include <stdbool.h>

#include "base/err.h"
#include "base/span.h"
#include "dial/rules.h"

enum {
    DIAL_URL_MAX = 2048,
    DIAL_HEADERS_MAX = 16,        /* of a question */
    DIAL_BODY_MAX = 4 << 20,      /* of a question: a mail */
    DIAL_ANSWER_MAX = 256 * 1024, /* unless a question says less or more */
    DIAL_HEAD_MAX = 32 * 1024,
    DIAL_HEAD_LINES_MAX = 100,
    DIAL_CONNECT_MS = 10 * 1000,
    DIAL_TIMEOUT_MS = 30 * 1000,
    DIAL_AT_ONCE = 32, /* calls that are open */
    DIAL_WHY_MAX = 256,
    DIAL_RECIPIENTS_MAX = 50,
};

struct dial;
struct dial_call;

struct dial_config {
    struct span ca_pem;      /* borrowed while the dialler lives; empty: no https */
    const char *proxy;       /* "http://host:port"; NULL or "": none */
    struct dial_rules rules; /* copied */
};

/*
 * Loads libcurl and what names are resolved with. Call before the process is confined, which
 * would refuse it.
 *
 * ERR_NOT_FOUND  (logged) no usable libcurl on this system
 * ERR_NOMEM
 */
MUST_CHECK enum err dial_new(const struct dial_config *cfg, struct dial **out);
/* Gives up what is open, without calling back. NULL is allowed. */
void dial_free(struct dial *d);

enum dial_method { DIAL_GET, DIAL_HEAD, DIAL_POST, DIAL_MAIL };

struct dial_header {
    const char *name;
    struct span value; /* may be secret: wiped behind the call, as far as it is ours */
};

/* smtp:// begins in the clear; smtps:// is TLS from the beginning, whatever is said here. A
 * certificate that is shown is verified in every case. */
enum dial_tls {
    DIAL_TLS_REQUIRED, /* STARTTLS before anything is said */
    DIAL_TLS_OFFERED,  /* STARTTLS if the server has it; no login */
    DIAL_TLS_OFF,      /* neither STARTTLS nor a login: a relay on this machine */
};

/* Goes to the server itself, past dial_config.proxy. */
struct dial_mail {
    const char *from; /* addresses without <> (dial/mailbox.h) */
    const char *to[DIAL_RECIPIENTS_MAX];
    size_t to_count;
    const char *user; /* NULL: no login */
    struct span password;
    enum dial_tls tls;
};

/* All of it is copied; it may die after dial_start(). */
struct dial_request {
    enum dial_method method;
    struct span url;
    const struct dial_header *headers;
    size_t header_count;
    struct span body;    /* DIAL_POST; DIAL_MAIL: header and text, lines ending in CR LF */
    size_t answer_max;   /* 0: DIAL_ANSWER_MAX */
    unsigned timeout_ms; /* for the whole; 0: DIAL_TIMEOUT_MS */
    /* Whom the operator's own configuration names, by whatever address: the rules, which
     * are for what users of vaults name, do not apply. */
    bool by_operator;
    const struct dial_mail *mail; /* DIAL_MAIL */
};

/* Borrowed while the callback runs. */
struct dial_answer {
    /*
     * ERR_OK           there is an answer, of whatever status; the mail was accepted
     * ERR_DENIED       the rules know no way to that host
     * ERR_TIMEOUT      ERR_TOO_LARGE
     * ERR_UNAVAILABLE  no such name, nobody there, connection lost, mail refused
     * ERR_INTEGRITY    TLS: not whom we meant to talk to
     * ERR_PROTOCOL     what came is no answer
     * ERR_NOMEM
     */
    enum err err;
    const char *why; /* err, for people; one line without control characters; "" for ERR_OK */
    unsigned status; /* HTTP's, or SMTP's last */
    bool about_mail; /* ERR_UNAVAILABLE, ERR_PROTOCOL: SMTP's last was the refusal of this
                        mail or its recipient, rather than of us */
    struct span body;
    struct span head; /* its lines; see dial_answer_header() */
};
typedef void (*dial_fn)(void *arg, const struct dial_answer *a);

/*
 * Begins. fn is called once, from a later dial_wait(), unless the call is cancelled before;
 * within fn other calls may be started and cancelled. *out may be NULL; it dies when fn is
 * called.
 *
 * ERR_ARG   the URL cannot be used, a header holds control characters
 * ERR_BUSY  DIAL_AT_ONCE are open: try later
 * ERR_TOO_LARGE, ERR_NOMEM
 */
MUST_CHECK enum err dial_start(struct dial *d, const struct dial_request *q, dial_fn fn,
                               void *arg, struct dial_call **out);
/* Ends it; its fn is not called. NULL is allowed. */
void dial_cancel(struct dial *d, struct dial_call *call);

/*
 * Waits until fd (-1: none) can be read, an answer was delivered, or timeout_ms passed, moving
 * what is open. True if fd can be read. d may be NULL: then it waits for fd only.
 */
bool dial_wait(struct dial *d, int fd, int timeout_ms);
/* How many calls are open. */
size_t dial_open_calls(const struct dial *d);

/* The nth (from 0) header of that name; false: there is none. Blanks around it are off. */
bool dial_answer_header(const struct dial_answer *a, const char *name, size_t nth,
                        struct span *out);

#endif /* DIAL_DIAL_H */
