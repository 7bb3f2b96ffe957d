/* SPDX-License-Identifier: Apache-2.0 */
/*
 * html.h - the few pages that people see: one frame, forms that need no
 * script, everything that came from outside escaped.
 *
 * Nothing is loaded but a stylesheet of ours, nothing may frame the page, a
 * form goes to us alone, or on to a place that is registered for the client.
 */
#ifndef API_LOGIN_HTML_H
#define API_LOGIN_HTML_H

#include "api/exchange.h"

/* Headers and the page's beginning. form_to: origin or scheme that a form may lead to beside
 * ourselves, or empty. */
void html_begin(struct exchange *x, unsigned status, const char *title, struct span form_to);
/* The end; NEXT_REPLY, or a failure. */
enum next html_end(struct exchange *x);

/* A page whose first form is sent by itself where scripts are on, and by its button where not.
 */
void html_begin_posting(struct exchange *x, const char *title, struct span form_to);
enum next html_end_posting(struct exchange *x);

/* Markup, as it is. */
void html_put(struct exchange *x, const char *markup);
/* Text. */
void html_text(struct exchange *x, struct span text);
/* "<p>...</p>" of text. */
void html_paragraph(struct exchange *x, const char *text);
/* A message about what is wrong, read aloud at once; "" = none. */
void html_alert(struct exchange *x, const char *text);
/* A labelled field. type: "text", "password"; complete: autocomplete's value; more: further
 * attributes as markup. */
void html_field(struct exchange *x, const char *name, const char *label, const char *type,
                const char *complete, struct span value, const char *more);
void html_hidden(struct exchange *x, const char *name, struct span value);
/* decision: value of the field "decision"; "" = none. */
void html_button(struct exchange *x, const char *decision, const char *label, bool second);

/* "https://host:port" or "scheme:" of a URI, for form-action. */
void html_source_of(struct span uri, char *out, size_t cap);

#endif /* API_LOGIN_HTML_H */
