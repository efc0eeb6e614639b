"""Nothing secret, no address in a lock file, no path of a machine: exits 1 and names the line."""

import re
import subprocess
import sys
from pathlib import Path

_LOCKS = ("requirements/", "package-lock.json", ".npmrc")
_SECRET = re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY|AKIA[0-9A-Z]{16}|xox[baprs]-[0-9A-Za-z-]{10,}|ghp_[0-9A-Za-z]{36}")


def main() -> int:
    """Look at every tracked text file."""
    names = subprocess.run(["git", "ls-files"], capture_output=True, text=True, check=True).stdout.split("\n")  # noqa: S607
    wrong = []
    for name in filter(None, names):
        path = Path(name)
        if not path.is_file() or path.suffix in {".png", ".woff2", ".jpg"}:
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            in_lock = name.startswith(_LOCKS) and "://" in line and '"url"' not in line
            if in_lock or (_SECRET.search(line) and name != "scripts/no_secrets.py"):
                wrong.append(f"{name}:{number}")
    print("\n".join(wrong) or "No secrets, no addresses in lock files.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
