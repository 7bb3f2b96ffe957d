/* SPDX-License-Identifier: Apache-2.0 */
/* rows.c - RFC 9112, RFC 9110 and what smugglers try. */
#include "rows.h"

#define ROW(name, bytes, status, echo)                                                         \
    {                                                                                          \
        name, bytes, sizeof(bytes) - 1, status, echo                                           \
    }
#define H "Host: h\r\n"

const struct row rows[] = {
    /* clang-format off */
    /* --- accepted --------------------------------------------------------------------- */
    ROW("a plain GET", "GET / HTTP/1.1\r\n" H "\r\n", 200, "GET h:80 / 0 "),
    ROW("an escape in the path", "GET /a%2Db%41%2541 HTTP/1.1\r\n" H "\r\n", 200,
        "GET h:80 /a-bA%41 0 "),
    ROW("half an escape in the path", "GET /a%4 HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("an escape that is none in the path", "GET /a%zz HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("an escaped NUL in the path", "GET /a%00 HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("an escaped slash in the path", "GET /a%2Fb HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a query", "GET /a?x=1&api%2Dversion=7.4 HTTP/1.1\r\n" H "\r\n", 200,
        "GET h:80 /a?x=1&api-version=7.4 0 "),
    ROW("Host with a port, in any case", "GET / HTTP/1.1\r\nhOST: A.B.C:8443\r\n\r\n", 200,
        "GET a.b.c:8443 / 0 "),
    ROW("Host as an IPv6 address", "GET / HTTP/1.1\r\nHost: [::1]:8443\r\n\r\n", 200,
        "GET [::1]:8443 / 0 "),
    ROW("white space around values", "GET / HTTP/1.1\r\nHost: \t h \t \r\n\r\n", 200,
        "GET h:80 / 0 "),
    ROW("no white space before a value", "GET / HTTP/1.1\r\nHost:h\r\n\r\n", 200,
        "GET h:80 / 0 "),
    ROW("an empty line before", "\r\nGET / HTTP/1.1\r\n" H "\r\n", 200, "GET h:80 / 0 "),
    ROW("two empty lines before", "\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 200, "GET h:80 / 0 "),
    ROW("a body by length", "POST /t HTTP/1.1\r\n" H "Content-Length: 3\r\n\r\nabc", 200,
        "POST h:80 /t 3 abc"),
    ROW("an empty body by length", "PUT /t HTTP/1.1\r\n" H "Content-Length: 0\r\n\r\n", 200,
        "PUT h:80 /t 0 "),
    ROW("no body and no length", "POST /t HTTP/1.1\r\n" H "\r\n", 200, "POST h:80 /t 0 "),
    ROW("a GET with a body", "GET / HTTP/1.1\r\n" H "Content-Length: 2\r\n\r\nab", 200,
        "GET h:80 / 2 ab"),
    ROW("a length with leading zeros", "PUT / HTTP/1.1\r\n" H "Content-Length: 003\r\n\r\nabc", 200,
        "PUT h:80 / 3 abc"),
    ROW("chunks", "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
        "3\r\nabc\r\n10\r\n0123456789abcdef\r\n0\r\n\r\n", 200, "PUT h:80 / 19 abc0123456789abcdef"),
    ROW("no chunk but the last", "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: Chunked\r\n\r\n0\r\n\r\n",
        200, "PUT h:80 / 0 "),
    ROW("chunk extensions and trailers are dropped", "PUT / HTTP/1.1\r\n" H
        "Transfer-Encoding: chunked\r\n\r\n3;a=\"b\"\r\nabc\r\n0\r\nX: y\r\nZ: w\r\n\r\n", 200,
        "PUT h:80 / 3 abc"),
    ROW("absolute form", "GET http://h:1/a?b=c HTTP/1.1\r\nHost: h:1\r\n\r\n", 200,
        "GET h:1 /a?b=c 0 "),
    ROW("absolute form without a path", "GET http://H HTTP/1.1\r\n" H "\r\n", 200, "GET h:80 / 0 "),
    ROW("asterisk form of OPTIONS", "OPTIONS * HTTP/1.1\r\n" H "\r\n", 200, "OPTIONS h:80 / 0 "),
    ROW("PATCH", "PATCH /a HTTP/1.1\r\n" H "\r\n", 200, "PATCH h:80 /a 0 "),
    ROW("DELETE", "DELETE /a HTTP/1.1\r\n" H "\r\n", 200, "DELETE h:80 /a 0 "),
    ROW("a known method that has no name here", "TRACE / HTTP/1.1\r\n" H "\r\n", 200,
        "OTHER h:80 / 0 "),
    ROW("bytes above 0x7f in a value", "GET / HTTP/1.1\r\n" H "X: \xc3\xa4\r\n\r\n", 200,
        "GET h:80 / 0 "),
    ROW("an empty header value", "GET / HTTP/1.1\r\n" H "X:\r\nY: \r\n\r\n", 200, "GET h:80 / 0 "),
    ROW("a tab within a value", "GET / HTTP/1.1\r\n" H "X: a\tb\r\n\r\n", 200, "GET h:80 / 0 "),
    ROW("an upgrade that is not taken up", "GET / HTTP/1.1\r\n" H
        "Connection: upgrade\r\nUpgrade: h2c\r\n\r\n", 200, "GET h:80 / 0 "),
    ROW("HTTP/1.0", "GET / HTTP/1.0\r\n" H "\r\n", 200, "GET h:80 / 0 "),
    ROW("HTTP/1.0 without Host", "GET /livez HTTP/1.0\r\n\r\n", 200, "GET localhost:80 /livez 0 "),
    ROW("Connection: close among others", "GET / HTTP/1.1\r\n" H "Connection: x, Close\r\n\r\n", 200,
        "GET h:80 / 0 "),

    /* --- request line ----------------------------------------------------------------- */
    ROW("a bare LF behind the request line", "GET / HTTP/1.1\n" H "\r\n", 400, NULL),
    ROW("LF throughout", "GET / HTTP/1.1\nHost: h\n\n", 400, NULL),
    ROW("three empty lines before", "\r\n\r\n\r\nGET / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a bare LF before", "\nGET / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a space before", " GET / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a space behind the version", "GET / HTTP/1.1 \r\n" H "\r\n", 400, NULL),
    ROW("two spaces", "GET  / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a tab as separator", "GET\t/ HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a space in the target", "GET /a b HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("NUL in the target", "GET /a\0b HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a control character in the target", "GET /a\x01" "b HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("CR in the target", "GET /a\rb HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("DEL in the target", "GET /a\x7f HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("bytes above 0x7f in the target", "GET /\xc3\xa4 HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a fragment in the target", "GET /a#b HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a relative target", "GET a HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("asterisk form of GET", "GET * HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("no version", "GET /\r\n" H "\r\n", 400, NULL),
    ROW("HTTP/2.0", "GET / HTTP/2.0\r\n" H "\r\n", 505, NULL),
    ROW("HTTP/1.2", "GET / HTTP/1.2\r\n" H "\r\n", 505, NULL),
    ROW("a version that is none", "GET / HTTX/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a version of many digits", "GET / HTTP/1.11\r\n" H "\r\n", 400, NULL),
    ROW("an unknown method", "FROB / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a method in lower case", "get / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("a method glued to more", "GETX / HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("CONNECT", "CONNECT h:443 HTTP/1.1\r\n" H "\r\n", 400, NULL),
    ROW("the HTTP/2 preface", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505, NULL),
    ROW("a TLS hello", "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", 400, NULL),
    ROW("thirty-three parameters", "GET /?a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a&a"
        "&a&a&a&a HTTP/1.1\r\n" H "\r\n", 400, NULL),

    /* --- header lines ----------------------------------------------------------------- */
    ROW("a bare LF behind a header", "GET / HTTP/1.1\r\nHost: h\nX: y\r\n\r\n", 400, NULL),
    ROW("a bare LF as the empty line", "GET / HTTP/1.1\r\n" H "\n", 400, NULL),
    ROW("a bare CR in a value", "GET / HTTP/1.1\r\n" H "X: a\rb\r\n\r\n", 400, NULL),
    ROW("two CR at a line's end", "GET / HTTP/1.1\r\n" H "X: a\r\r\n\r\n", 400, NULL),
    ROW("NUL in a value", "GET / HTTP/1.1\r\n" H "X: a\0b\r\n\r\n", 400, NULL),
    ROW("a control character in a value", "GET / HTTP/1.1\r\n" H "X: a\x1b[0m\r\n\r\n", 400, NULL),
    ROW("a control character far into a value", "GET / HTTP/1.1\r\n" H
        "X: 0123456789012345678901234567890123456789\x02\r\n\r\n", 400, NULL),
    ROW("DEL in a value", "GET / HTTP/1.1\r\n" H "X: a\x7f\r\n\r\n", 400, NULL),
    ROW("a folded value", "GET / HTTP/1.1\r\n" H "X: a\r\n b\r\n\r\n", 400, NULL),
    ROW("a value folded with a tab", "GET / HTTP/1.1\r\n" H "X: a\r\n\tb\r\n\r\n", 400, NULL),
    ROW("a fold before the first header", "GET / HTTP/1.1\r\n Host: h\r\n\r\n", 400, NULL),
    ROW("a space before the colon", "GET / HTTP/1.1\r\nHost : h\r\n\r\n", 400, NULL),
    ROW("a space in a name", "GET / HTTP/1.1\r\n" H "X Y: z\r\n\r\n", 400, NULL),
    ROW("no colon", "GET / HTTP/1.1\r\n" H "XY\r\n\r\n", 400, NULL),
    ROW("no name", "GET / HTTP/1.1\r\n" H ": y\r\n\r\n", 400, NULL),
    ROW("a byte above 0x7f in a name", "GET / HTTP/1.1\r\n" H "X\xe4: y\r\n\r\n", 400, NULL),
    ROW("NUL in a name", "GET / HTTP/1.1\r\n" H "X\0Y: y\r\n\r\n", 400, NULL),

    /* --- Host ------------------------------------------------------------------------- */
    ROW("no Host", "GET / HTTP/1.1\r\nX: y\r\n\r\n", 400, NULL),
    ROW("two Hosts", "GET / HTTP/1.1\r\n" H "Host: i\r\n\r\n", 400, NULL),
    ROW("the same Host twice", "GET / HTTP/1.1\r\n" H H "\r\n", 400, NULL),
    ROW("two Hosts in HTTP/1.0", "GET / HTTP/1.0\r\n" H H "\r\n", 400, NULL),
    ROW("an empty Host", "GET / HTTP/1.1\r\nHost:\r\n\r\n", 400, NULL),
    ROW("a list of Hosts", "GET / HTTP/1.1\r\nHost: a, b\r\n\r\n", 400, NULL),
    ROW("a Host with a path", "GET / HTTP/1.1\r\nHost: a/b\r\n\r\n", 400, NULL),
    ROW("a Host with a user", "GET / HTTP/1.1\r\nHost: u@a\r\n\r\n", 400, NULL),
    ROW("a Host with an escape", "GET / HTTP/1.1\r\nHost: a%2eb\r\n\r\n", 400, NULL),
    ROW("a Host with an empty port", "GET / HTTP/1.1\r\nHost: a:\r\n\r\n", 400, NULL),
    ROW("a Host with port 0", "GET / HTTP/1.1\r\nHost: a:0\r\n\r\n", 400, NULL),
    ROW("a Host with port 65536", "GET / HTTP/1.1\r\nHost: a:65536\r\n\r\n", 400, NULL),
    ROW("a Host with a port in letters", "GET / HTTP/1.1\r\nHost: a:8x\r\n\r\n", 400, NULL),
    ROW("a Host of a port only", "GET / HTTP/1.1\r\nHost: :80\r\n\r\n", 400, NULL),
    ROW("a Host with an open bracket", "GET / HTTP/1.1\r\nHost: [::1\r\n\r\n", 400, NULL),
    ROW("a Host of empty brackets", "GET / HTTP/1.1\r\nHost: []\r\n\r\n", 400, NULL),
    ROW("absolute form of another host", "GET http://a/ HTTP/1.1\r\nHost: b\r\n\r\n", 400, NULL),
    ROW("absolute form of another port", "GET http://a:1/ HTTP/1.1\r\nHost: a:2\r\n\r\n", 400, NULL),
    ROW("absolute form with a user", "GET http://u@a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400, NULL),
    ROW("absolute form without Host", "GET http://a/ HTTP/1.1\r\n\r\n", 400, NULL),

    /* --- length ----------------------------------------------------------------------- */
    ROW("two lengths", "PUT / HTTP/1.1\r\n" H "Content-Length: 1\r\nContent-Length: 2\r\n\r\nab", 400,
        NULL),
    ROW("the same length twice", "PUT / HTTP/1.1\r\n" H
        "Content-Length: 1\r\nContent-Length: 1\r\n\r\na", 400, NULL),
    ROW("a list of lengths", "PUT / HTTP/1.1\r\n" H "Content-Length: 1, 1\r\n\r\na", 400, NULL),
    ROW("a signed length", "PUT / HTTP/1.1\r\n" H "Content-Length: +1\r\n\r\na", 400, NULL),
    ROW("a negative length", "PUT / HTTP/1.1\r\n" H "Content-Length: -1\r\n\r\na", 400, NULL),
    ROW("a length in hex", "PUT / HTTP/1.1\r\n" H "Content-Length: 0x1\r\n\r\na", 400, NULL),
    ROW("an empty length", "PUT / HTTP/1.1\r\n" H "Content-Length:\r\n\r\n", 400, NULL),
    ROW("a length with a space within", "PUT / HTTP/1.1\r\n" H "Content-Length: 1 1\r\n\r\na", 400, NULL),
    ROW("a length of 2^64", "PUT / HTTP/1.1\r\n" H "Content-Length: 18446744073709551616\r\n\r\na", 400,
        NULL),
    ROW("length and chunks", "PUT / HTTP/1.1\r\n" H
        "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL),
    ROW("chunks and length", "PUT / HTTP/1.1\r\n" H
        "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n", 400, NULL),
    ROW("another coding", "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: gzip\r\n\r\n", 400, NULL),
    ROW("two codings", "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n", 400,
        NULL),
    ROW("chunked twice", "PUT / HTTP/1.1\r\n" H
        "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, NULL),
    ROW("chunked with a parameter", "PUT / HTTP/1.1\r\n" H
        "Transfer-Encoding: chunked;q=1\r\n\r\n0\r\n\r\n", 400, NULL),
    ROW("identity", "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: identity\r\n\r\n", 400, NULL),
    ROW("a coding behind a vertical tab", "PUT / HTTP/1.1\r\n" H
        "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n", 400, NULL),
    ROW("chunks in HTTP/1.0", "PUT / HTTP/1.0\r\n" H "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400,
        NULL),
    ROW("a length beyond the limit", "PUT / HTTP/1.1\r\n" H "Content-Length: 1048577\r\n\r\n", 413, NULL),
    ROW("a length beyond all limits", "PUT / HTTP/1.1\r\n" H "Content-Length: 999999999999999999\r\n\r\n", 413,
        NULL),
    ROW("an unknown expectation", "PUT / HTTP/1.1\r\n" H "Expect: tea\r\nContent-Length: 1\r\n\r\na", 417,
        NULL),

    /* --- chunks ----------------------------------------------------------------------- */
#define C "PUT / HTTP/1.1\r\n" H "Transfer-Encoding: chunked\r\n\r\n"
    ROW("a chunk size that is no number", C "g\r\na\r\n0\r\n\r\n", 400, NULL),
    ROW("an empty chunk size", C "\r\na\r\n0\r\n\r\n", 400, NULL),
    ROW("a chunk size in 0x form", C "0x1\r\na\r\n0\r\n\r\n", 400, NULL),
    ROW("a signed chunk size", C "+1\r\na\r\n0\r\n\r\n", 400, NULL),
    ROW("a space behind the chunk size", C "1 \r\na\r\n0\r\n\r\n", 400, NULL),
    ROW("a bare LF behind the chunk size", C "1\na\r\n0\r\n\r\n", 400, NULL),
    ROW("a bare LF behind a chunk", C "1\r\na\n0\r\n\r\n", 400, NULL),
    ROW("more bytes than the chunk said", C "1\r\nab\r\n0\r\n\r\n", 400, NULL),
    ROW("a chunk size of nine digits", C "000000001\r\na\r\n0\r\n\r\n", 400, NULL),
    ROW("a bare LF in an extension", C "1;x\na\r\n0\r\n\r\n", 400, NULL),
    ROW("a bare LF at the end", C "0\r\n\n", 400, NULL),
    ROW("NUL in a trailer", C "0\r\nX: \0\r\n\r\n", 400, NULL),
    ROW("a chunk beyond the limit", C "100001\r\n", 0, NULL),
    /* clang-format on */
};
const size_t nrows = sizeof(rows) / sizeof(rows[0]);
