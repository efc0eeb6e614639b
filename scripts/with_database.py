"""`python -m scripts.with_database manage.py …`: run one command against a throw-away database."""

import os
import subprocess
import sys

from embedded.services import TEMPLATE, Services


def main() -> int:
    """The command's own exit code."""
    services = Services()
    try:
        environment = {**os.environ, **services.environment, "ANAGEN_ENV": "test", "DATABASE_NAME": TEMPLATE, "DATABASE_USER": "app_owner"}
        return subprocess.run([sys.executable, *sys.argv[1:]], env=environment, check=False).returncode
    finally:
        services.stop()


if __name__ == "__main__":
    sys.exit(main())
