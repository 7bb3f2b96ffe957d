# SPDX-License-Identifier: Apache-2.0
"""What the checks share: finding the C sources, and reading them without comments and strings."""
import os
import sys


def sources(*tops, suffixes=(".c", ".h")):
    """Paths of the C files below the given folders, sorted."""
    found = []
    for top in tops:
        for folder, _, names in os.walk(top):
            found += [os.path.join(folder, n) for n in names if n.endswith(suffixes)]
    return sorted(found)


def read(path):
    with open(path, encoding="utf-8") as f:
        return f.read()


def code_of(text):
    """The text with comments and the insides of literals blanked; line numbers stay."""
    out = []
    i, n = 0, len(text)
    while i < n:
        two = text[i:i + 2]
        if two == "/*":
            end = text.find("*/", i + 2)
            end = n if end < 0 else end + 2
            out.append("".join(c if c == "\n" else " " for c in text[i:end]))
            i = end
        elif two == "//":
            end = text.find("\n", i)
            end = n if end < 0 else end
            out.append(" " * (end - i))
            i = end
        elif text[i] in "\"'":
            end = i + 1
            while end < n and text[end] not in (text[i], "\n"):
                end += 2 if text[end] == "\\" else 1
            end = min(end + 1, n)
            out.append(text[i] + " " * max(0, end - i - 2) + text[i])
            i = end
        else:
            out.append(text[i])
            i += 1
    return "".join(out)


def report(problems, warnings=()):
    """Prints one problem a line and gives the exit status."""
    for line in warnings:
        print("warning: " + line)
    for line in problems:
        print(line, file=sys.stderr)
    return 1 if problems else 0
