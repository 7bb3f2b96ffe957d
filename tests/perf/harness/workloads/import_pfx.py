# SPDX-License-Identifier: Apache-2.0
"""Import of a PKCS#12 file with a P-256 key, durable before the answer: with no password, and as OpenSSL 3 protects one."""
import base64
import os

from .. import limits
from ..figures import Side

NAME, SHORT = "import_pfx", False
# What protects it: none of it is what a file costs, 2,048 iterations of PBKDF2 are what OpenSSL takes by itself.
KINDS = {"plain": ("-keypbe", "NONE", "-certpbe", "NONE", "-nomac"), "pbes2": ()}


def pfx(tools, kind):
    tools.run("openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=bench",
              "-days", "30", "-keyout", "pfx.key", "-out", "pfx.pem", cwd=tools.place)
    password = "" if kind == "plain" else "bench"
    tools.run("openssl", "pkcs12", "-export", "-inkey", "pfx.key", "-in", "pfx.pem", "-out", "bench.pfx", "-passout",
              f"pass:{password}", *KINDS[kind], cwd=tools.place)
    with open(os.path.join(tools.place, "bench.pfx"), "rb") as f:
        return {"value": base64.b64encode(f.read()).decode(), "pwd": password}


def run(b):
    with b.vault() as v:
        target, names = v.target(), iter(range(0, 10 ** 8, 10 ** 6))
        for kind in KINDS:
            text = v.request("POST", "/certificates/c-@@@@@@@@/import", pfx(b.tools, kind))

            def imported(seconds, text=text):
                return target.load(text, 4, seconds, f=next(names), n=10 ** 6, o=True)

            b.compare(f"import_pfx_{kind}", f"Import PKCS#12 ({kind}), 4 asking",
                      [Side("keyhold", imported), limits.disk(b.tools, 4)], alone="keeper",
                      note="one thread of the keeper reads files, the importer, and its queue is short: more that ask at once are told to wait (503)")
