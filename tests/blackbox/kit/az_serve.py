# SPDX-License-Identifier: Apache-2.0
"""
Runs az: each line of the input is a list of arguments as JSON, each answer a line
with the exit code and what was written. Loading az takes longer than all it does
here, so it is loaded once and every command is a fork of that; what runs in the
fork is `python -m azure.cli` and nothing of ours.

Run by the Python that has the az in question (kit.az), not imported.
"""
import importlib
import json
import os
import pkgutil
import runpy
import sys
import tempfile
import traceback

MODULES = ("keyvault", "role", "resource", "profile", "cloud", "util")


def preload():
    """The modules that the commands of our tests would load anyway."""
    import azure.cli.core  # pylint: disable=import-error,import-outside-toplevel
    azure.cli.core.get_default_cli()
    for module in MODULES:
        name = f"azure.cli.command_modules.{module}"
        try:
            package = importlib.import_module(name)
        except ImportError:
            continue
        for part in pkgutil.iter_modules(package.__path__):
            if part.name in ("custom", "commands", "_params", "_validators", "_client_factory", "_help"):
                try:
                    importlib.import_module(f"{name}.{part.name}")
                except Exception:  # pylint: disable=broad-except
                    pass  # the command itself shall say so
    for name in ("msal", "requests", "cryptography.x509", "azure.keyvault.keys", "azure.keyvault.secrets"):
        try:
            importlib.import_module(name)
        except ImportError:
            pass


def child(words, out, err):
    os.dup2(out.fileno(), 1)
    os.dup2(err.fileno(), 2)
    sys.argv = ["az", *words]
    code = 1
    try:
        runpy.run_module("azure.cli", run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as e:
        code = e.code if isinstance(e.code, int) else 0 if e.code is None else 1
    except BaseException:  # pylint: disable=broad-except
        traceback.print_exc()
    finally:
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code)


def run(words):
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        pid = os.fork()
        if pid == 0:
            child(words, out, err)
        _, status = os.waitpid(pid, 0)
        texts = []
        for f in (out, err):
            f.seek(0)
            texts.append(f.read().decode("utf-8", "replace"))
    return [os.waitstatus_to_exitcode(status), *texts]


def main():
    answers = os.fdopen(os.dup(1), "w", encoding="utf-8")
    os.dup2(2, 1)
    preload()
    answers.write("ready\n")
    answers.flush()
    for line in sys.stdin:
        json.dump(run(json.loads(line)), answers)
        answers.write("\n")
        answers.flush()


main()
