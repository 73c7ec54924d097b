#!/usr/bin/env python3
"""Runs what a section of the README tells people to type, as it stands there.

    readme.py README.md "Ask your log"

Blocks of `sh` and `python` run in the current directory, in order, where the log they name has to
lie; each line of a Python block must print something, and so must each command that asks. The
`projectionist` of the PATH is meant, and this Python, with whatever it has installed.
"""

import pathlib
import re
import subprocess
import sys


def blocks(text, title):
    """Language and content of the fenced blocks of a section."""
    section = re.search(rf"^## {re.escape(title)}\n(.*?)(?=^## |\Z)", text, re.M | re.S)
    if section is None:
        sys.exit(f"no section {title!r}")
    return re.findall(r"^```(\w+)[^\n]*\n(.*?)^```$", section[1], re.M | re.S)


def run(language, content):
    if language == "python":
        command = [sys.executable, "-c", content]
    else:
        # A server would wait for a browser: one page of it is asked for instead.
        content = re.sub(r"^(datasette [^#\n]*)", r"\1 --get /-/databases.json", content, flags=re.M)
        command = ["bash", "-euo", "pipefail", "-c", content]
    done = subprocess.run(command, capture_output=True, text=True)
    print(f"--- {language}\n{content}--- {done.returncode}\n{done.stdout[:2000]}{done.stderr[:2000]}")
    if done.returncode != 0:
        sys.exit("it fails")
    if not done.stdout.strip():
        sys.exit("it says nothing")


def main():
    readme, title = sys.argv[1:]
    ran = [run(*block) for block in blocks(pathlib.Path(readme).read_text(), title)
           if block[0] in ("sh", "python")]
    if len(ran) < 4:
        sys.exit(f"only {len(ran)} blocks: is this the section?")
    print(f"{len(ran)} blocks ran")


main()
